//! An image in several sizes: their addresses, for pages that let the browser choose. Of a private image they are signed for
//! whoever may see it now, and hold for an hour.

use serde::Serialize;

use super::private_address::{path, seen};
use crate::app::App;
use crate::domain::format::Format;
use crate::domain::image::Image;
use crate::domain::transform::{Layout, read};
use crate::policy::transforms::BOUNDS;
use crate::policy::variants::TransformRule;

/// An image in the three sizes that every image has. One that is smaller than a size is not enlarged.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Sizes {
    /// A shorter side of 320 pixels.
    pub small: Size,
    /// A shorter side of 640 pixels.
    pub medium: Size,
    /// A shorter side of 1,080 pixels.
    pub large: Size,
}

/// An image in one size.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Size {
    /// Where it is.
    pub url: String,
    /// Pixels.
    pub width: u32,
    /// Pixels.
    pub height: u32,
}

impl Sizes {
    /// The sizes of an image, in its own format or in another.
    #[must_use]
    pub fn of(app: &App, image: &Image, format: Format) -> Self {
        let [small, medium, large] = ["s", "m", "l"].map(|name| size(app, image, name, format));
        Self { small, medium, large }
    }

    /// For the `srcset` attribute (HTML, section 4.8.4.2.1): those smaller than the image, and the image.
    #[must_use]
    pub fn srcset(&self, whole: &Size) -> String {
        let smaller = [&self.small, &self.medium, &self.large].into_iter().filter(|size| size.width < whole.width);
        let candidates: Vec<String> =
            smaller.chain([whole]).map(|size| format!("{} {}w", size.url, size.width)).collect();
        candidates.join(", ")
    }
}

/// The `srcset` of an image in its own format.
#[must_use]
pub fn srcset(app: &App, image: &Image) -> String {
    let whole = Size { url: seen(app, image, ""), width: image.facts.width, height: image.facts.height };
    Sizes::of(app, image, image.facts.format).srcset(&whole)
}

/// The `srcset` of an image in WebP, up to the large size.
#[must_use]
pub fn srcset_webp(app: &App, image: &Image) -> String {
    let sizes = Sizes::of(app, image, Format::WebP);
    sizes.srcset(&sizes.large)
}

fn size(app: &App, image: &Image, name: &str, format: Format) -> Size {
    let own = image.facts.format;
    let query = match format == own {
        true => format!("size={name}"),
        false => format!("size={name}&format={}", format.extension()),
    };
    let transform = read(&query, own, false, &BOUNDS).transform;
    let (width, height) = (image.facts.width, image.facts.height);
    let layout = transform.map(|transform| Layout::of(&transform, width, height, None, &BOUNDS));
    let [width, height] = layout.map_or([width, height], |layout| layout.canvas);
    Size { url: seen(app, image, &allowed(app, image, query)), width, height }
}

/// The query, signed where only signed ones are answered; what opens a private image allows its transform, too.
fn allowed(app: &App, image: &Image, query: String) -> String {
    let rules = &app.settings.delivery;
    if rules.transforms != TransformRule::Signed || image.placement.is_private {
        return query;
    }
    rules.keys.signed_query(&path(image), &query, None).unwrap_or(query)
}
