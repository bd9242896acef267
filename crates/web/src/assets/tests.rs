use std::collections::BTreeMap;

use axum::{extract::Path, http::HeaderMap};

use super::*;

/// Pairs of UX section 3: text on its ground (4.5), and marks or control edges on theirs (3.0).
const TEXT: [(&str, &str); 45] = [
    ("ink", "bg"),
    ("ink", "surface"),
    ("ink", "sunken"),
    ("ink", "hover"),
    ("ink", "accent-weak"),
    ("ink-2", "bg"),
    ("ink-2", "surface"),
    ("ink-2", "sunken"),
    ("ink-2", "hover"),
    ("ink-2", "accent-weak"),
    ("ink-2", "breach-weak"),
    ("ink-2", "due-weak"),
    ("ink-3", "bg"),
    ("ink-3", "surface"),
    ("ink-3", "sunken"),
    ("ink-3", "hover"),
    ("accent", "surface"),
    ("accent", "bg"),
    ("accent", "sunken"),
    ("accent", "accent-weak"),
    ("accent-hover", "surface"),
    ("accent-hover", "bg"),
    ("on-accent", "accent"),
    ("on-accent", "accent-hover"),
    ("better", "surface"),
    ("better", "sunken"),
    ("better", "better-weak"),
    ("worse", "surface"),
    ("worse", "sunken"),
    ("worse", "worse-weak"),
    ("moved", "surface"),
    ("moved", "moved-weak"),
    ("breach", "surface"),
    ("breach", "breach-weak"),
    ("due", "surface"),
    ("due", "due-weak"),
    ("done", "surface"),
    ("done", "done-weak"),
    ("nav-ink", "nav"),
    ("nav-ink-2", "nav"),
    ("nav-on-ink", "nav-on"),
    ("sh-d-ink", "sh-d"),
    ("sh-e-ink", "sh-e"),
    ("sh-n-ink", "sh-n"),
    ("sh-leave-ink", "sh-leave"),
];

const MARKS: [(&str, &str); 12] = [
    ("line-ctl", "surface"),
    ("line-ctl", "bg"),
    ("focus", "surface"),
    ("focus", "bg"),
    ("better-fill", "surface"),
    ("worse-fill", "surface"),
    ("due-fill", "surface"),
    ("moved", "surface"),
    ("done", "bg"),
    ("due", "bg"),
    ("c-actual", "surface"),
    ("c-plan", "surface"),
];

#[test]
fn every_token_pair_has_enough_contrast_in_both_themes() {
    for (theme, tokens) in themes() {
        let limits = [(TEXT.as_slice(), 4.5), (MARKS.as_slice(), 3.0)];
        for (pairs, least) in limits {
            for (mark, ground) in pairs {
                let ratio = contrast(color(&tokens, mark), color(&tokens, ground));
                assert!(ratio >= least, "{theme}: --{mark} on --{ground} is {ratio:.2}, needs {least}");
            }
        }
    }
}

#[test]
fn fixed_colors_of_the_shell_have_enough_contrast() {
    let pairs =
        [("#4a120a", "#f3b7a6"), ("#ffffff", "#a81d17"), ("#ffffff", "#2c5f60"), ("#0e2a2c", "#56b9b8")];
    for (text, ground) in pairs {
        assert!(
            STYLES.contains(&text.replace("#ffffff", "#fff")) && STYLES.contains(ground),
            "{text} on {ground}"
        );
        assert!(contrast(rgb(text), rgb(ground)) >= 4.5, "{text} on {ground}");
    }
}

#[test]
fn both_dark_sets_are_the_same() {
    let sets: Vec<BTreeMap<String, String>> = dark_blocks().map(tokens_of).collect();
    assert_eq!(sets.len(), 2);
    assert_eq!(sets[0], sets[1]);
    assert!(sets[0].len() > 40);
}

#[test]
fn every_token_used_is_defined() {
    let light = tokens_of(light_block());
    for (at, _) in STYLES.match_indices("var(--") {
        let name: String =
            STYLES[at + 6..].chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '-').collect();
        assert!(light.contains_key(&name), "--{name} is used but not defined");
    }
}

#[test]
fn the_stylesheet_stays_small_and_needs_no_other_host() {
    // Its gzip size is about a quarter; 12 kB is the limit, measured in the browser tests.
    assert!(STYLES.len() < 52_000, "{} bytes", STYLES.len());
    assert!(!STYLES.contains("@import") && !STYLES.contains("http") && !STYLES.contains("@font-face"));
    assert_eq!(STYLES.matches('{').count(), STYLES.matches('}').count());
}

#[test]
fn islands_stay_small_and_stand_in_blocks() {
    assert!(ISLANDS.len() < 60_000, "{} bytes", ISLANDS.len());
    let is_module_line = |line: &str| line.starts_with("import ") || line.starts_with("export ");
    assert!(!ISLANDS.lines().any(is_module_line));
    assert!(!ISLANDS.contains("innerHTML") && !ISLANDS.contains("eval("));
    assert_eq!(ISLANDS.matches("// @ts-check").count(), 4);
}

#[tokio::test]
async fn files_are_served_for_a_year_under_the_name_of_their_bytes() {
    let file = stylesheet().trim_start_matches("/assets/").to_owned();
    assert!(file.starts_with("app-") && file.ends_with(".css"));
    let answer = serve(Path(file.clone()), HeaderMap::new()).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[header::CACHE_CONTROL], "public, max-age=31536000, immutable");
    assert_eq!(answer.headers()[header::CONTENT_TYPE], "text/css; charset=utf-8");

    let mut kept = HeaderMap::new();
    kept.insert(header::IF_NONE_MATCH, answer.headers()[header::ETAG].clone());
    assert_eq!(serve(Path(file), kept).await.status(), StatusCode::NOT_MODIFIED);
    let old = serve(Path("app-0000000000000000.css".to_owned()), HeaderMap::new()).await;
    assert_eq!(old.status(), StatusCode::NOT_FOUND);
}

fn light_block() -> &'static str {
    STYLES.split_once(":root {").unwrap().1.split_once("\n}").unwrap().0
}

fn dark_blocks() -> impl Iterator<Item = &'static str> {
    STYLES.split("color-scheme: dark;").skip(1).map(|block| block.split_once("\n}").unwrap().0)
}

fn themes() -> [(&'static str, BTreeMap<String, String>); 2] {
    let light = tokens_of(light_block());
    let mut dark = light.clone();
    dark.extend(dark_blocks().flat_map(tokens_of));
    [("light", light), ("dark", dark)]
}

fn tokens_of(block: &str) -> BTreeMap<String, String> {
    let pairs = block.split(';').filter_map(|part| part.split_once("--")?.1.split_once(':'));
    pairs.map(|(name, value)| (name.trim().to_owned(), value.trim().to_owned())).collect()
}

fn color(tokens: &BTreeMap<String, String>, name: &str) -> [f64; 3] {
    rgb(tokens.get(name).unwrap_or_else(|| panic!("--{name} is not defined")))
}

fn rgb(hex: &str) -> [f64; 3] {
    let channel = |at: usize| f64::from(u8::from_str_radix(&hex[at..at + 2], 16).unwrap()) / 255.0;
    [channel(1), channel(3), channel(5)]
}

/// WCAG 2.2, relative luminance and contrast ratio.
fn contrast(one: [f64; 3], other: [f64; 3]) -> f64 {
    let luminance = |color: [f64; 3]| {
        let linear =
            color.map(|c| if c <= 0.040_45 { c / 12.92 } else { ((c + 0.055) / 1.055_f64).powf(2.4) });
        0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    };
    let (one, other) = (luminance(one), luminance(other));
    (one.max(other) + 0.05) / (one.min(other) + 0.05)
}
