//! How many collections an account may have, how lists are cut, and how far a search looks at once.

/// Most collections of one account: a shelf that can still be looked through, and a list that fits one choice of a form.
pub const COLLECTIONS_MAX: i64 = 100;

/// Longest name of a collection, in characters: a line of a phone.
pub const NAME_CHARS_MAX: usize = 60;

/// How many things a list has unless the caller says.
pub const LISTED_USUALLY: usize = 50;

/// Most things in one answer, and most images that one request moves or deletes.
pub const LISTED_MAX: usize = 100;

/// Most images that one request of a search looks at. D1 reads them in some tens of milliseconds; whoever has more goes on
/// with the cursor.
pub const SEARCHED_MAX: i64 = 2_000;

/// Most images of which one search writes what they are found by: those that came before it was written at once.
pub const FOLDED_MAX: usize = 50;
