//! The filter bar: a plain GET form, so that the address is the state.

use maud::{Markup, Render, html};

use crate::Icon;

/// Controls, the button that applies them, and what is on, each removable.
#[derive(Clone, Debug, Default)]
pub struct FilterBar {
    action: String,
    controls: Vec<Markup>,
    hidden: Vec<(String, String)>,
    chips: Vec<(String, String)>,
    clear_href: Option<String>,
    save_href: Option<String>,
    finds: bool,
}

impl FilterBar {
    /// A bar whose form asks this address.
    pub fn new(action: impl Into<String>) -> FilterBar {
        FilterBar { action: action.into(), ..FilterBar::default() }
    }

    /// A text box; `/` puts the cursor in it.
    pub fn search(mut self, name: &str, label: &str, value: &str) -> FilterBar {
        self.controls.push(html! {
            label.fld { span { (label) } input type="search" name=(name) value=(value) data-filter autocomplete="off"; }
        });
        self
    }

    /// Finds records anywhere instead of narrowing a list.
    pub fn finds(mut self) -> FilterBar {
        self.finds = true;
        self
    }

    /// A choice: value, words; `selected` is the value that is on.
    pub fn select(mut self, name: &str, label: &str, options: &[(&str, &str)], selected: &str) -> FilterBar {
        self.controls.push(html! {
            label.fld { span { (label) }
                select name=(name) {
                    @for (value, words) in options { option value=(value) selected[*value == selected] { (words) } }
                }
            }
        });
        self
    }

    /// A day, ISO.
    pub fn date(mut self, name: &str, label: &str, value: &str) -> FilterBar {
        self.controls.push(html! {
            label.fld { span { (label) } input type="date" name=(name) value=(value); }
        });
        self
    }

    /// Anything else, such as [`crate::segments`].
    pub fn part(mut self, part: impl Render) -> FilterBar {
        self.controls.push(part.render());
        self
    }

    /// State that the form keeps, such as the sort.
    pub fn keep(mut self, name: impl Into<String>, value: impl Into<String>) -> FilterBar {
        self.hidden.push((name.into(), value.into()));
        self
    }

    /// A filter that is on, and the address without it.
    pub fn chip(mut self, words: impl Into<String>, remove_href: impl Into<String>) -> FilterBar {
        self.chips.push((words.into(), remove_href.into()));
        self
    }

    /// The address without any filter.
    pub fn clear(mut self, href: impl Into<String>) -> FilterBar {
        self.clear_href = Some(href.into());
        self
    }

    /// Where this view can be given a name.
    pub fn save_view(mut self, href: impl Into<String>) -> FilterBar {
        self.save_href = Some(href.into());
        self
    }
}

impl Render for FilterBar {
    fn render(&self) -> Markup {
        html! {
            form.bar method="get" action=(self.action) aria-label="Filters" {
                @for (name, value) in &self.hidden { input type="hidden" name=(name) value=(value); }
                @for control in &self.controls { (control) }
                @if self.finds { button.btn type="submit" { (Icon::Search) "Search" } } @else { button.btn type="submit" { (Icon::Filter) "Apply" } }
                @if let Some(href) = &self.save_href { a.btn.quiet href=(href) { "Save this view" } }
            }
            @if !self.chips.is_empty() {
                ul.chips aria-label="Filters that are on" {
                    @for (words, href) in &self.chips {
                        li { a.chip.on href=(href) aria-label={ "Remove filter " (words) } { (words) (Icon::Cross) } }
                    }
                    @if let Some(href) = &self.clear_href { li { a href=(href) { "Clear filters" } } }
                }
            }
        }
    }
}
