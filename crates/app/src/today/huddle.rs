use area::{Answer, Fault, Visit};
pub(super) async fn page(_: Visit) -> Answer {
    Err(Fault::NotFound)
}
pub(super) async fn add(_: Visit) -> Answer {
    Err(Fault::NotFound)
}
pub(super) async fn sheet(_: Visit) -> Answer {
    Err(Fault::NotFound)
}
pub(super) async fn change(_: Visit) -> Answer {
    Err(Fault::NotFound)
}
