use super::*;
use crate::tests::sites;
use ::store::{Change, Db};
use std::sync::Arc;

/// Names kept in settings-like records: history alone is their store.
struct Names {
    rows_per_batch: usize,
}

impl Importer for Names {
    fn kind(&self) -> &'static str {
        "names"
    }

    fn title(&self) -> &'static str {
        "Names"
    }

    fn fields(&self) -> &'static [FieldInfo] {
        &[
            FieldInfo { name: "code", is_required: true, help: "Its code", example: "5W" },
            FieldInfo { name: "name", is_required: true, help: "Its name", example: "5 West" },
            FieldInfo { name: "since", is_required: false, help: "Since when", example: "2026-11-12" },
        ]
    }

    fn rows_per_batch(&self) -> usize {
        self.rows_per_batch
    }

    fn dry_run<'t>(
        &'t self,
        tx: &'t mut Tx,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<identity::ImportReport, StoreError>> {
        Box::pin(async move { Ok(plan(tx, batch).await?.0) })
    }

    fn commit<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        batch: ImportBatch<'t>,
    ) -> BoxFuture<'t, Result<identity::ImportReport, StoreError>> {
        Box::pin(async move {
            let (report, changes) = plan(tx, batch).await?;
            if batch.rows.iter().any(|row| row.get("code") == "BREAK") {
                return Err(StoreError::inconsistent("names", "broken"));
            }
            tx.keep_all(actor, changes).await?;
            Ok(report)
        })
    }

    fn undo<'t>(
        &'t self,
        tx: &'t mut Tx,
        actor: &'t Actor,
        _: Id<ImportRun>,
        touched: &'t [Touched],
    ) -> BoxFuture<'t, Result<UndoReport, StoreError>> {
        Box::pin(async move {
            let mut report = UndoReport::default();
            let mut changes = Vec::new();
            for one in touched {
                if one.is_changed_since {
                    report.kept.push(one.record.clone());
                    continue;
                }
                let before = one.body_before.as_deref().unwrap_or("null");
                let body = serde_json::from_str(before).unwrap();
                changes.push(Change { kind: "name", record: one.record.clone(), site: None, body });
                report.n_restored += 1;
            }
            tx.keep_all(actor, changes).await?;
            Ok(report)
        })
    }
}

async fn name_of(tx: &mut Tx, code: &str) -> String {
    let history = ::store::list_history(tx, "name", code, None).await.unwrap();
    history.first().map_or("null".to_owned(), |row| row.body.clone())
}

async fn plan(
    tx: &mut Tx,
    batch: ImportBatch<'_>,
) -> Result<(identity::ImportReport, Vec<Change>), StoreError> {
    let mut report = identity::ImportReport::default();
    let mut changes = Vec::new();
    for row in batch.rows {
        let (code, name) = (row.get("code"), row.get("name"));
        if name.is_empty() {
            report.counts.rejected += 1;
            report.rejects.push(Reject {
                line: row.line,
                column: "name".to_owned(),
                value: String::new(),
                expected: "a name".to_owned(),
                next: "Give one".to_owned(),
            });
            continue;
        }
        let body = serde_json::json!(name);
        let said = body.to_string();
        match name_of(tx, code).await.as_str() {
            "null" => report.counts.new += 1,
            same if same == said => {
                report.counts.same += 1;
                continue;
            }
            _ => report.counts.changed += 1,
        }
        changes.push(Change { kind: "name", record: code.to_owned(), site: None, body });
    }
    Ok((report, changes))
}

fn table(bytes: &[u8], mapping: &str) -> Result<String, String> {
    let mapping = Mapping::from_toml(mapping).map_err(|error| error.to_string())?;
    let fields = Names { rows_per_batch: 1 }.fields();
    let limits = TableLimits { bytes_max: 10_000, rows_max: 3 };
    let table = Table::open(bytes.to_vec(), &mapping, fields, limits).map_err(|error| error.to_string())?;
    let rows = table.rows().map(|row| {
        let row = row.map_err(|error| error.to_string())?;
        let cell = |field| row.get(field).to_owned();
        Ok(format!("{} {}|{}|{}", row.line, cell("code"), cell("name"), cell("since")))
    });
    Ok(rows.collect::<Result<Vec<String>, String>>()?.join("; "))
}

#[test]
fn any_delimiter_order_and_encoding_reads_alike() {
    let wanted = Ok("2 5W|Männer|".to_owned());
    assert_eq!(table("code,name\n5W,Männer\n".as_bytes(), ""), wanted);
    assert_eq!(table("\u{feff}NAME;Code\r\nMänner;5W\r\n".as_bytes(), ""), wanted);
    assert_eq!(table("name\tcode\nM\u{e4}nner\t 5W \n".as_bytes(), ""), wanted);
    assert_eq!(table(b"code|name\n5W|M\xE4nner\n", ""), wanted);
    let utf16: Vec<u8> = std::iter::once(0xFEFF)
        .chain("code,name\n5W,Männer\n".encode_utf16())
        .flat_map(u16::to_le_bytes)
        .collect();
    assert_eq!(table(&utf16, ""), wanted);
    assert_eq!(table(b"\"a,b\";code;name\nx;5W;\"5;W\"\n", ""), Ok("2 5W|5;W|".to_owned()));
}

#[test]
fn a_mapping_names_columns_constants_and_words() {
    let mapping = "
        header = false
        delimiter = ';'
        skip_lines = 1
        [columns]
        code = 2
        [constants]
        name = 'unknown'
        [values.code]
        five = '5W'
    ";
    assert_eq!(
        table(b"exported today\nx;five\n\nx;6E\n", mapping),
        Ok("2 5W|unknown|; 4 6E|unknown|".to_owned())
    );
    assert_eq!(
        table(b"Unit Code,label\n5W,West\n", "[columns]\ncode = 'unit-code'\nname = 'Label'"),
        Ok("2 5W|West|".to_owned())
    );
}

#[test]
fn what_is_wrong_with_a_file_is_told_with_the_next_step() {
    let refused = |bytes: &[u8], mapping: &str| table(bytes, mapping).unwrap_err();
    assert_eq!(refused(b"", ""), "the file is empty; export it again");
    assert_eq!(
        refused(b"code,label\n", ""),
        "name should come from column `name`, which is missing. The file has code, label"
    );
    assert_eq!(
        refused(b"code,name\n", "[columns]\nnmae = 'x'"),
        "`nmae` is not a field of this import; its fields are code, name, since"
    );
    assert_eq!(
        refused(&vec![b'x'; 10_001], ""),
        "the file has 10001 bytes; the limit is 10000. Cut it and import the parts in turn"
    );
    assert_eq!(table(b"code,name\n1,a\n\n2,b\n3,c\n", "").unwrap().matches(';').count(), 2);
    assert_eq!(
        refused(b"code,name\n1,a\n2,b\n3,c\n4,d\n", ""),
        "the file has more than 3 rows, which is the limit. Cut it and import the parts in turn"
    );
    assert_eq!(
        refused(b"PK\x03\x04 no workbook", ""),
        "the workbook cannot be read. Save it as XLSX or CSV without a password"
    );
}

#[test]
fn what_is_wrong_with_a_mapping_is_told() {
    let refused = |text: &str| Mapping::from_toml(text).unwrap_err().to_string();
    assert_eq!(
        refused("delimiter = 'x'"),
        "`x` cannot be a delimiter; use one character such as , ; | or a tab"
    );
    assert_eq!(
        refused("time_zone = 'Lakeside'"),
        "`Lakeside` is not a time zone; use a name such as America/Chicago"
    );
    assert_eq!(refused("date_format = '%Q'"), "`%Q` is not a date format; use for example %Y-%m-%d %H:%M");
    assert!(refused("colums = 1").starts_with("the mapping cannot be read: unknown field `colums`"));
}

#[test]
fn dates_are_read_as_the_mapping_says() {
    let stamp = |mapping: &str, text: &str| {
        Mapping::from_toml(mapping).unwrap().stamp(text).map_err(|error| error.to_string())
    };
    let civil = |text: &str| Ok(Stamp::Civil(text.parse().unwrap()));
    assert_eq!(stamp("", "2026-11-12 07:45"), civil("2026-11-12T07:45:00"));
    assert_eq!(stamp("", "2026-11-12T07:45:10"), civil("2026-11-12T07:45:10"));
    assert_eq!(
        stamp("", "2026-11-12T07:45:10-06:00"),
        Ok(Stamp::At("2026-11-12T13:45:10Z".parse().unwrap()))
    );
    assert_eq!(stamp("", "2026-11-12"), Ok(Stamp::Day("2026-11-12".parse().unwrap())));
    assert_eq!(stamp("date_format = '%m/%d/%Y %H:%M'", "11/12/2026 07:45"), civil("2026-11-12T07:45:00"));
    assert_eq!(
        stamp("date_format = '%d.%m.%Y'", "12.11.2026"),
        Ok(Stamp::Day("2026-11-12".parse().unwrap()))
    );
    assert_eq!(
        stamp("date_format = '%Y-%m-%dT%H:%M:%S%:z'", "2026-11-12T07:45:10-06:00"),
        Ok(Stamp::At("2026-11-12T13:45:10Z".parse().unwrap()))
    );
    assert_eq!(stamp("", "yesterday"), Err("a date and time as 2026-11-12 13:47".to_owned()));
    let zone = jiff::tz::TimeZone::get("America/Chicago").unwrap();
    let at = stamp("", "2026-11-01 01:30").unwrap().in_zone(&zone).unwrap();
    assert_eq!(at.to_string(), "2026-11-01T06:30:00Z", "the first of the two");
}

async fn start(db: &Db, text: &str) -> Id<ImportRun> {
    let actor = Actor::new("p1", "request 1");
    upload(db, &actor, "names", None, "names.csv", text.as_bytes(), &Mapping::default()).await.unwrap()
}

async fn names(db: &Db) -> Vec<String> {
    let mut tx = db.read().await.unwrap();
    let mut all = Vec::new();
    for code in ["1", "2", "3"] {
        all.push(name_of(&mut tx, code).await);
    }
    all
}

#[test]
fn an_import_is_tried_committed_and_undone() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let (scope, actor) = (sites.scope("lakeside"), Actor::new("p1", "request 2"));
        let importer: Arc<dyn Importer> = Arc::new(Names { rows_per_batch: 2 });
        let first = start(db, "code,name\n1,one\n2,two\n").await;
        commit(db, &importer, &scope, &actor, first, |_| {}).await.unwrap();

        let id = start(db, "name;code\ntwo;2\n;4\neins;1\n\"drei; \"\"3\"\"\";3\n").await;
        let shown = preview(db, importer.as_ref(), &scope, id, &Mapping::default()).await.unwrap();
        assert_eq!(shown.header, ["name", "code"]);
        assert_eq!(shown.rows[0], (2, vec!["two".to_owned(), "2".to_owned()]));
        let counts = ImportCounts { new: 1, changed: 1, same: 1, rejected: 1 };
        assert_eq!((shown.rows.len(), &shown.report.counts), (4, &counts));
        assert_eq!(names(db).await, [r#""one""#, r#""two""#, "null"]);

        let report = commit(db, &importer, &scope, &actor, id, |_| {}).await.unwrap();
        assert_eq!(report.counts, counts);
        assert_eq!(names(db).await, [r#""eins""#, r#""two""#, r#""drei; \"3\"""#]);
        let mut tx = db.read().await.unwrap();
        let rejects = rejects_csv(&mut tx, importer.as_ref(), &scope, id).await.unwrap();
        assert_eq!(
            String::from_utf8(rejects).unwrap(),
            "name,code,reason\n,4,line 3: name ``: a name. Give one.\n"
        );
        let run = find_run(&mut tx, &scope, id).await.unwrap().unwrap();
        assert_eq!((run.state, run.counts.new), (RunState::Done, 1));
        assert_eq!(list_runs(&mut tx, &scope, None, 10).await.unwrap().len(), 2);
        assert_eq!(list_runs(&mut tx, &sites.scope("lakeside.harbor"), None, 10).await.unwrap().len(), 0);
        drop(tx);

        // Someone changes the new one by hand; the undo leaves it alone and says so.
        db.write(|tx| {
            Box::pin(async move {
                let change = Change {
                    kind: "name",
                    record: "3".to_owned(),
                    site: None,
                    body: serde_json::json!("III"),
                };
                tx.keep(&Actor::new("p2", "request 9"), change).await
            })
        })
        .await
        .unwrap();
        let undone = undo(db, &importer, &scope, &actor, id).await.unwrap();
        assert_eq!((undone.n_restored, undone.kept), (1, vec!["3".to_owned()]));
        assert_eq!(names(db).await, [r#""one""#, r#""two""#, r#""III""#]);
        let again = undo(db, &importer, &scope, &actor, id).await.unwrap_err();
        assert_eq!(again.to_string(), "this import is undone; upload the file again");
    });
}

#[test]
fn an_undo_ends_after_seven_days_and_the_file_is_forgotten() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let (scope, actor) = (sites.scope("lakeside"), Actor::new("p1", "request 2"));
        let importer: Arc<dyn Importer> = Arc::new(Names { rows_per_batch: 2 });
        let id = start(db, "code,name\n1,one\n").await;
        commit(db, &importer, &scope, &actor, id, |_| {}).await.unwrap();
        let week = jiff::SignedDuration::from_hours(7 * 24);
        let purge_now = async || db.write(|tx| Box::pin(async move { purge(tx).await })).await.unwrap();
        fixture.clock.set(crate::tests::now() + week);
        assert_eq!(purge_now().await, 0);
        fixture.clock.set(crate::tests::now() + week + jiff::SignedDuration::from_secs(1));
        let late = undo(db, &importer, &scope, &actor, id).await.unwrap_err();
        assert_eq!(
            late.to_string(),
            "this import can no longer be undone; that was possible until 2026-11-19T13:47:00Z"
        );
        assert_eq!(purge_now().await, 1);
    });
}

#[test]
fn a_failed_import_is_committed_to_the_end_or_undone() {
    testkit::on_both(async |fixture| {
        let db = &fixture.db;
        let sites = sites(db).await;
        let (scope, actor) = (sites.scope("lakeside"), Actor::new("p1", "request 2"));
        let importer: Arc<dyn Importer> = Arc::new(Names { rows_per_batch: 2 });
        let id = start(db, "code,name\n1,one\n2,two\n3,three\nBREAK,x\n").await;
        for _ in 0..2 {
            let failed = commit(db, &importer, &scope, &actor, id, |_| {}).await;
            assert!(matches!(failed, Err(CannotImport::Store(_))));
            assert_eq!(names(db).await, [r#""one""#, r#""two""#, "null"]);
        }
        let run = find_run(&mut db.read().await.unwrap(), &scope, id).await.unwrap().unwrap();
        assert_eq!(run.state, RunState::Failed);
        assert_eq!(undo(db, &importer, &scope, &actor, id).await.unwrap().n_restored, 2);
        assert_eq!(names(db).await, ["null", "null", "null"]);
    });
}

#[test]
fn mappings_are_kept_by_kind_and_name() {
    testkit::on_both(async |fixture| {
        let mapping = Mapping::from_toml("delimiter = ';'\n[columns]\ncode = 3").unwrap();
        let kept = mapping.clone();
        let put = fixture.db.write(move |tx| {
            Box::pin(
                async move { put_mapping(tx, &Actor::new("p1", "r"), "names", " HR system ", &kept).await },
            )
        });
        put.await.unwrap();
        let mut tx = fixture.db.read().await.unwrap();
        assert_eq!(find_mapping(&mut tx, "names", "HR system").await.unwrap(), Some(mapping));
        assert_eq!(list_mappings(&mut tx, "names").await.unwrap().len(), 1);
        assert_eq!(list_mappings(&mut tx, "stays").await.unwrap().len(), 0);
    });
}

#[test]
fn rows_become_a_plain_table_whose_rejects_find_their_line_again() {
    let mapping = Mapping::from_toml("[columns]\ncode = 'unit'").unwrap();
    let fields = Names { rows_per_batch: 1 }.fields();
    let text = b"name,unit\n\n\"a\nb\",5W\nc,6E\n";
    let table = Table::open(text.to_vec(), &mapping, fields, TableLimits::default()).unwrap();
    let rows: Vec<Row> = table.rows().collect::<Result<_, _>>().unwrap();
    assert_eq!(rows_as_csv(fields, &rows), "code,name,since\n5W,a b,\n6E,c,\n");
    let reject = |line| Reject {
        line,
        column: String::new(),
        value: String::new(),
        expected: String::new(),
        next: String::new(),
    };
    let mut rejects = [reject(2), reject(3)];
    renumber(&mut rejects, &rows);
    assert_eq!((rejects[0].line, rejects[1].line), (3, 5));
}

#[test]
fn a_workbook_reads_like_a_text_file() {
    use rust_xlsxwriter::{ExcelDateTime, Format, Workbook};
    let mut workbook = Workbook::new();
    workbook.add_worksheet().set_name("Notes").unwrap();
    let sheet = workbook.add_worksheet().set_name("Units").unwrap();
    let date = Format::new().set_num_format("yyyy-mm-dd hh:mm");
    for (column, name) in (0..).zip(["code", "name", "since"]) {
        sheet.write_string(1, column, name).unwrap();
    }
    sheet.write_number(2, 0, 5.0).unwrap();
    sheet.write_string(2, 1, "Männer").unwrap();
    let at = ExcelDateTime::from_ymd(2026, 11, 12).unwrap();
    sheet.write_datetime_with_format(2, 2, &at, &date).unwrap();
    sheet.write_string(4, 0, "6E").unwrap();
    sheet.write_string(4, 1, "East").unwrap();
    let at = ExcelDateTime::from_ymd(2026, 11, 12).unwrap().and_hms(7, 45, 0).unwrap();
    sheet.write_datetime_with_format(4, 2, &at, &date).unwrap();
    let bytes = workbook.save_to_buffer().unwrap();
    assert_eq!(
        table(&bytes, "sheet = 'Units'"),
        Ok("3 5|Männer|2026-11-12; 5 6E|East|2026-11-12 07:45:00".to_owned())
    );
    assert_eq!(
        table(&bytes, "sheet = 'Beds'").unwrap_err(),
        "the workbook has no sheet `Beds`; it has Notes, Units"
    );
    assert_eq!(table(&bytes, "").unwrap_err(), "the file is empty; export it again");
}

#[test]
fn a_saved_mapping_keeps_every_part() {
    let text = "delimiter = '|'\nheader = false\nskip_lines = 2\nsheet = 'a'\ndate_format = '%d.%m.%Y'\n\
                time_zone = 'America/Chicago'\n[columns]\na = 1\nb = 'B'\n[constants]\nc = 'x'\n\
                [values.a]\nx = 'y'\n[options]\nshape = 'event'\n";
    let mapping = Mapping::from_toml(text).unwrap();
    let json = serde_json::to_string(&mapping).unwrap();
    assert_eq!(serde_json::from_str::<Mapping>(&json).unwrap(), mapping);
}
