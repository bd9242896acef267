use super::{Fake, from, message, sites};
use crate::{ImportReport, Meaning, import_hl7};
use std::sync::Arc;

fn joined(messages: &[Vec<u8>]) -> Vec<u8> {
    messages.join(&b'\n')
}

#[test]
fn the_report_says_where_and_why_and_its_counts_add_up() {
    testkit::on_both(async |fixture| {
        let sites = sites(&fixture.db).await;
        let meaning: Arc<dyn Meaning> = Fake::of(&sites);
        let one = joined(&[message("1", ""), message("2", "ZRF|1\r"), message("1", "")]);
        let two = joined(&[from("RG", "ORU^R01", "3", ""), message("1", "ZXX|other\r")]);
        let files = vec![
            ("one.hl7".to_owned(), one),
            ("two.hl7".to_owned(), two),
            ("read.me".to_owned(), b"hello".to_vec()),
            ("empty.hl7".to_owned(), Vec::new()),
        ];
        let mut heard = Vec::new();
        let report =
            import_hl7(&fixture.db, &meaning, files, Some(sites.riverside), |now| heard.push(now.received));
        let report = report.await.unwrap();
        assert_eq!(
            (report.received, report.applied, report.duplicate, report.refused),
            (7, 1, 1, 5),
            "{report:?}"
        );
        let places: Vec<(&str, u64)> =
            report.rejects.iter().map(|reject| (reject.source.as_str(), reject.position)).collect();
        assert_eq!(
            places,
            [("one.hl7", 5), ("two.hl7", 1), ("two.hl7", 5), ("read.me", 1), ("empty.hl7", 1)]
        );
        assert_eq!(report.rejects[1].reason, "ORU^R01 is kept; nothing in Helmward uses it yet.");
        assert_eq!(heard, [7]);
    });
}

#[test]
fn the_json_has_exactly_the_keys_others_rely_on() {
    let mut report = ImportReport { received: 1, refused: 1, ..ImportReport::default() };
    let reject = crate::ImportReject { source: "a".to_owned(), position: 3, reason: "Why.".to_owned() };
    report.rejects.push(reject);
    assert_eq!(
        serde_json::to_string(&report).unwrap(),
        r#"{"received":1,"applied":0,"duplicate":0,"refused":1,"rejects":[{"source":"a","position":3,"reason":"Why."}]}"#
    );
}

#[test]
fn a_file_imported_again_is_all_duplicates() {
    testkit::on_both(async |fixture| {
        let sites = sites(&fixture.db).await;
        let meaning: Arc<dyn Meaning> = Fake::of(&sites);
        let bytes = joined(&(0..1_300).map(|n| message(&n.to_string(), "")).collect::<Vec<_>>());
        for wanted in [(1_300, 1_300, 0), (1_300, 0, 1_300)] {
            let files = [("a.hl7".to_owned(), bytes.clone())];
            let mut n_heard = 0;
            let report = import_hl7(&fixture.db, &meaning, files, None, |_| n_heard += 1).await.unwrap();
            assert_eq!((report.received, report.applied, report.duplicate), wanted);
            assert_eq!(n_heard, 3);
        }
    });
}
