//! Places in a list of images or collections, the latest first: a list goes on where it was left, whatever came or went
//! meanwhile.

use super::ids::ImageId;
use super::image::{HeldImage, Image};
use super::time::Timestamp;

/// A place in a list: at an image or whatever else `Id` names, or before all of them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place<Id = ImageId> {
    /// When it came.
    pub created_at: Timestamp,
    /// Its name, which orders those of the same millisecond; none: before all of them.
    pub id: Option<Id>,
}

impl Place {
    /// The place of a public image.
    #[must_use]
    pub fn of(image: &Image) -> Self {
        Self { created_at: image.created_at, id: Some(image.id.clone()) }
    }

    /// The place of a held image.
    #[must_use]
    pub fn of_held(image: &HeldImage) -> Self {
        Self { created_at: image.created_at, id: Some(image.id.clone()) }
    }
}

impl<Id: Clone + Into<String> + TryFrom<String>> Place<Id> {
    /// Before the latest.
    pub const START: Self = Self { created_at: Timestamp(i64::MAX >> 11), id: None };

    /// As callers hand it back; nothing to take apart.
    #[must_use]
    pub fn cursor(&self) -> String {
        let id: String = self.id.clone().map(Id::into).unwrap_or_default();
        format!("{id}{:x}", self.created_at.0)
    }

    /// Its name as the database compares it: before all of them is after every name.
    #[must_use]
    pub fn id_or_last(&self) -> String {
        self.id.clone().map_or_else(|| "~".to_owned(), Id::into)
    }

    /// Reads a cursor.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (id, created_at) = text.split_at_checked(ImageId::CHARS)?;
        let is_plain = !created_at.is_empty() && created_at.bytes().all(|byte| byte.is_ascii_hexdigit());
        let created_at = is_plain.then(|| i64::from_str_radix(created_at, 16).ok())??;
        // Beyond that, the database would count in floating point.
        let created_at = Some(Timestamp(created_at)).filter(|at| *at < Self::START.created_at)?;
        Some(Self { created_at, id: Some(Id::try_from(id.to_owned()).ok()?) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_back_and_nothing_else_does() {
        let place = Place { created_at: Timestamp(1_795_521_600_000), id: Some(ImageId::from_random([7; 15])) };
        assert_eq!(Place::parse(&place.cursor()), Some(place.clone()));
        let id = ImageId::from_random([7; 15]);
        for wrong in
            ["", "abc", id.as_str(), &format!("{id}-1"), &format!("{id}zz"), &format!("{id}{}", "f".repeat(17))]
        {
            assert_eq!(Place::<ImageId>::parse(wrong), None, "{wrong}");
        }
    }
}
