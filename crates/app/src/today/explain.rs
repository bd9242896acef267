use area::{Answer, Fault, Visit};
pub(super) async fn page(_: Visit) -> Answer {
    Err(Fault::NotFound)
}
