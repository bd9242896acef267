//! The page shell, components, charts and static assets every page is made of.
