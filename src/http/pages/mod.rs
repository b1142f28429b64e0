//! Pages.
pub mod problems {
    pub fn page(_: &crate::app::App, o: &crate::http::problem::Occurrence, _: &crate::http::RequestId) -> String {
        o.detail.clone()
    }
}
