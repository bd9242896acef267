//! The sample enterprise: two years of Lakeside Health, as the outside world would send it.
