//! A few patients, told of by messages as a bed feed sends them.
#![allow(dead_code, reason = "each file of tests uses a part of it")]
#![allow(clippy::unwrap_used, reason = "a failure here is a test's failure")]

use crate::common::House;
use intake::{Incoming, Outcome};

/// The name no page without leave to name patients may show.
pub(crate) const FAMILY: &str = "QUILLFEATHER";

/// One ADT message of Riverside General.
pub(crate) fn adt(number: &str, trigger: &str, at: &str, place: &str, visit: &str, more: &str) -> String {
    let (unit, bed) = place.split_once('-').unwrap_or((place, ""));
    format!(
        "MSH|^~\\&|ADT|RGH|HELMWARD|LAKESIDE|{at}||ADT^{trigger}|{number}|P|2.5.1\r\
         EVN|{trigger}|{at}\r\
         PID|1||R-{visit}^^^RGH^MR||{FAMILY}^ANNA||19500101|F\r\
         PV1|1|I|{unit}^{bed}^A^RGH||||||||||||||||{visit}{more}\r"
    )
}

/// Hands a message in as the feed does.
pub(crate) async fn tell(house: &House, message: &str) -> Outcome {
    let incoming =
        Incoming { bytes: message.as_bytes().to_vec(), source: "mllp".to_owned(), default_site: None };
    house.product.ctx.receiver.receive(incoming).await.unwrap()
}

/// Three patients in 5 West and one in 3 North since yesterday morning.
pub(crate) async fn fill(house: &House) {
    for (n, place) in ["5W-501", "5W-502", "5W-503", "3N-301"].iter().enumerate() {
        let number = format!("m{n}");
        let visit = format!("V100{n}");
        let outcome = tell(house, &adt(&number, "A01", "20261111090000", place, &visit, "")).await;
        assert_eq!(outcome, Outcome::Applied, "{place}");
    }
    house.product.ctx.forget();
}
