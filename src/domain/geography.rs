//! Where an image is withheld though it is shown elsewhere: rows of policy, each for one country.

use super::country::Country;
use super::ids::ImageId;

/// What a row withholds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withheld {
    /// Whatever is shown behind a warning elsewhere.
    Restricted,
    /// One image.
    Image(ImageId),
}

/// A row: what is withheld in a country, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withholding {
    /// Where.
    pub country: Country,
    /// What.
    pub what: Withheld,
    /// Why, in words for whoever uploaded the image and whoever does not see it: a law, or an order.
    pub reason: String,
}

impl Withholding {
    fn is_about(&self, id: &ImageId, is_restricted: bool) -> bool {
        match &self.what {
            Withheld::Restricted => is_restricted,
            Withheld::Image(image) => image == id,
        }
    }
}

/// Every row of a deployment.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Geography(pub Vec<Withholding>);

impl Geography {
    /// The rows about an image, wherever they withhold it.
    pub fn about<'a>(&'a self, id: &'a ImageId, is_restricted: bool) -> impl Iterator<Item = &'a Withholding> {
        self.0.iter().filter(move |row| row.is_about(id, is_restricted))
    }

    /// The row by which an image is withheld from somebody in `country`. Of whom nobody knows where they are, is withheld what is
    /// withheld anywhere: a request that hides its country does not open what an order has closed.
    #[must_use]
    pub fn against<'a>(
        &'a self,
        id: &'a ImageId,
        is_restricted: bool,
        country: Option<Country>,
    ) -> Option<&'a Withholding> {
        self.about(id, is_restricted).find(|row| country.is_none_or(|country| country == row.country))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_withholds_in_its_country_and_where_the_country_is_hidden() {
        let (one, other) = (ImageId::from_random([1; 15]), ImageId::from_random([2; 15]));
        let country = |code| Country::parse(code).unwrap();
        let row = |code, what| Withholding { country: country(code), what, reason: "an order".into() };
        let rows = Geography(vec![row("DE", Withheld::Image(one.clone())), row("AE", Withheld::Restricted)]);
        let is_withheld = |id: &ImageId, is_restricted, code| {
            rows.against(id, is_restricted, Country::parse(code)).map(|row| row.country.code)
        };
        assert_eq!(is_withheld(&one, false, "de"), Some("DE"));
        assert_eq!(is_withheld(&one, false, "FR"), None);
        assert_eq!(is_withheld(&other, false, "DE"), None);
        assert_eq!(is_withheld(&other, true, "AE"), Some("AE"));
        for hidden in ["XX", "T1", ""] {
            assert_eq!(is_withheld(&one, false, hidden), Some("DE"), "{hidden}");
            assert_eq!(is_withheld(&other, false, hidden), None, "{hidden}: it is withheld nowhere");
        }
        assert_eq!(rows.about(&one, true).count(), 2);
    }
}
