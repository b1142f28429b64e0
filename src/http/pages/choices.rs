//! What a form offers to choose from (`choice` in templates/account/fields.html).

use crate::app::App;
use crate::domain::owner::Member;
use crate::error::Error;
use crate::usecases::collections::all_collections;

/// Something that can be chosen.
pub struct Choice {
    /// What the form sends; empty: none of the others.
    pub value: String,
    /// What stands there.
    pub words: String,
    /// Whether it is chosen.
    pub is_chosen: bool,
}

/// These values with their words, of which `chosen` is chosen.
pub fn of<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>, chosen: &str) -> Vec<Choice> {
    let choice = |(value, words): (&str, &str)| Choice {
        is_chosen: value == chosen,
        value: value.to_owned(),
        words: words.to_owned(),
    };
    all.into_iter().map(choice).collect()
}

/// The same, after none of them: what has consequences is chosen, and not what happens to stand first.
pub fn asked<'a>(all: impl IntoIterator<Item = (&'a str, &'a str)>, chosen: &str) -> Vec<Choice> {
    of([("", "Choose…")].into_iter().chain(all), chosen)
}

/// The collections of an account, after none of them, which is called `none`.
///
/// # Errors
/// If the database fails.
pub async fn collections(app: &App, owner: &Member, none: Option<&str>, chosen: &str) -> Result<Vec<Choice>, Error> {
    let all = all_collections(app, &owner.account_id).await?;
    let all = all.iter().map(|counted| (counted.collection.id.as_str(), counted.collection.name.as_str()));
    Ok(of(none.map(|none| ("", none)).into_iter().chain(all), chosen))
}
