//! Reads a transform out of a query. What cannot be understood is ignored and what is out of bounds is set to the
//! bound, as image hosts do, because a picture is better than none; but it is said in the answer.

use super::words::{Note, Words, rounded};
use super::{Adjust, Bounds, Colour, Flip, Gravity, Named, Rotate, Sizing, Transform, has_quality};
use crate::domain::format::Format;

/// What a query asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// None: the image as it is.
    pub transform: Option<Transform>,
    /// What of the query is not done as it is said.
    pub notes: Vec<Note>,
    /// Whether the answer depends on which formats the caller says that it reads.
    pub negotiated: bool,
}

/// Whether a caller says that it reads WebP. That it reads everything says nothing: browsers that cannot read WebP
/// said so, too.
#[must_use]
pub fn accepts_webp(accept: &str) -> bool {
    accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let is_webp = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("image/webp"));
        let refused = |part: &str| part.strip_prefix("q=").is_some_and(|q| q.parse::<f32>().is_ok_and(|q| q <= 0.0));
        is_webp && !parts.any(refused)
    })
}

/// Reads what `query` asks of an image of the format `source` for a caller who `accepts_webp`.
#[must_use]
pub fn read(query: &str, source: Format, accepts_webp: bool, bounds: &Bounds) -> Asked {
    let mut words = Words::of(query, bounds);
    let mut negotiated = false;
    let format = match words.take("format").as_deref() {
        None => source,
        Some("jpg" | "jpeg") => Format::Jpeg,
        Some("png") => Format::Png,
        Some("gif") => Format::Gif,
        Some("webp") => Format::WebP,
        Some("auto") => {
            negotiated = true;
            if accepts_webp { Format::WebP } else { source }
        }
        Some("avif") => {
            words.note("format", "AVIF is not made here, because it takes seconds; this is WebP");
            Format::WebP
        }
        Some(_) => words.ignored("format", "is jpg, png, webp, gif or auto").unwrap_or(source),
    };
    let transform = Transform {
        flip: words.flip(),
        rotate: words.rotate(),
        sizing: words.sizing(),
        adjust: words.adjust(),
        blur: words.hundredths("blur", 0.0, bounds.blur_max).unwrap_or(0),
        sharpen: words.hundredths("sharpen", 0.0, bounds.sharpen_max).unwrap_or(0),
        background: words.colour(),
        format,
        quality: 0,
        still: words.flag("anim") == Some(false),
    };
    let quality = words.whole("q", 1, 100);
    let changes = transform != Transform::identity(source);
    words.note_unknown();
    let notes = words.notes;
    if !has_quality(format) || (!changes && quality.is_none()) {
        return Asked { transform: changes.then_some(transform), notes, negotiated };
    }
    let quality = quality.and_then(|quality| quality.try_into().ok()).unwrap_or(bounds.quality);
    Asked { transform: Some(Transform { quality, ..transform }), notes, negotiated }
}

impl Words<'_> {
    fn flip(&mut self) -> Flip {
        let (horizontal, vertical) = match self.take("flip").as_deref() {
            None => (false, false),
            Some("h") => (true, false),
            Some("v") => (false, true),
            Some("hv" | "vh") => (true, true),
            Some(_) => self.ignored("flip", "is h, v or hv").unwrap_or_default(),
        };
        Flip { horizontal, vertical }
    }

    fn rotate(&mut self) -> Rotate {
        match self.take("rotate").as_deref() {
            None | Some("0" | "360") => Rotate::None,
            Some("90") => Rotate::Quarter,
            Some("180") => Rotate::Half,
            Some("270" | "-90") => Rotate::ThreeQuarters,
            Some(_) => self.ignored("rotate", "is 90, 180 or 270, clockwise").unwrap_or_default(),
        }
    }

    fn adjust(&mut self) -> Adjust {
        let max = self.bounds.adjust_max;
        let mut factor = |name| self.hundredths(name, 0.0, max).unwrap_or(100);
        let [brightness, contrast] = ["brightness", "contrast"].map(&mut factor);
        let saturation = factor("saturation");
        // The inverse of nothing is beyond all samples.
        let gamma = self.hundredths("gamma", 0.01, max).unwrap_or(100);
        let grayscale = self.flag("grayscale").unwrap_or_default() || saturation == 0;
        Adjust { brightness, contrast, gamma, saturation: if grayscale { 100 } else { saturation }, grayscale }
    }

    fn colour(&mut self) -> Option<Colour> {
        let text = self.take("background")?;
        match csscolorparser::parse(&text) {
            Ok(colour) => Some(Colour { rgba: colour.to_rgba8() }),
            Err(_) => self.ignored("background", "is a CSS colour, such as ff8800 or white"),
        }
    }

    fn sizing(&mut self) -> Sizing {
        let side_max = self.bounds.side_px_max;
        let dpr = self.number("dpr", 1.0, self.bounds.dpr_max).unwrap_or(1.0);
        let [width, height, short] = ["w", "h", "short"].map(|name| {
            let side = self.whole(name, 1, side_max)?;
            let pixels = rounded(f64::from(side) * dpr);
            if pixels > side_max {
                self.note(name, &format!("set to the most there is, {side_max}"));
            }
            Some(pixels.min(side_max))
        });
        let size = self.take("size");
        let fit = self.fit();
        let gravity = self.gravity();
        if width.is_some() || height.is_some() {
            if size.is_some() || short.is_some() {
                self.note("size", "ignored: w or h says how large");
            }
            return sized(width, height, fit, gravity);
        }
        if let Some(side) = short {
            return Sizing::Short { side };
        }
        let Some(size) = size else { return Sizing::Original };
        let named = self.bounds.sizes.iter().find(|named| named.name == size);
        let scaled = |side: u32| rounded(f64::from(side) * dpr).min(side_max);
        match named.map(|named| named.size) {
            Some(Named::Short(side)) => Sizing::Short { side: scaled(side) },
            Some(Named::Padded(width, height)) => {
                Sizing::Pad { width: scaled(width), height: scaled(height), gravity: pad_gravity(gravity) }
            }
            None => {
                let names: Vec<&str> = self.bounds.sizes.iter().map(|named| named.name).collect();
                self.ignored("size", &format!("is {}", names.join(", "))).unwrap_or_default()
            }
        }
    }

    fn fit(&mut self) -> Fit {
        match self.take("fit").as_deref() {
            None | Some("scale-down") => Fit::ScaleDown,
            Some("contain") => Fit::Contain,
            // The same under the name that other hosts have for it.
            Some("cover" | "crop") => Fit::Cover,
            Some("pad") => Fit::Pad,
            Some(_) => self.ignored("fit", "is scale-down, contain, cover, crop or pad").unwrap_or(Fit::ScaleDown),
        }
    }

    fn gravity(&mut self) -> Gravity {
        let Some(text) = self.take("gravity") else { return Gravity::default() };
        let known = Gravity::ALL.iter().find(|(word, _)| *word == text).map(|(_, gravity)| *gravity);
        let rule = "is auto, center, or a point of the compass such as northwest";
        known.or_else(|| self.ignored("gravity", rule)).unwrap_or_default()
    }
}

enum Fit {
    ScaleDown,
    Contain,
    Cover,
    Pad,
}

/// One side says how large the other is: nothing has to be cut or padded then.
fn sized(width: Option<u32>, height: Option<u32>, fit: Fit, gravity: Gravity) -> Sizing {
    match (fit, width, height) {
        (Fit::Cover, Some(width), Some(height)) => Sizing::Cover { width, height, gravity },
        (Fit::Pad, Some(width), Some(height)) => Sizing::Pad { width, height, gravity: pad_gravity(gravity) },
        (Fit::ScaleDown, ..) => Sizing::Within { width, height, enlarge: false },
        (Fit::Contain | Fit::Cover | Fit::Pad, ..) => Sizing::Within { width, height, enlarge: true },
    }
}

/// Nothing is cut off a padded image, so that there is nothing to look for.
fn pad_gravity(gravity: Gravity) -> Gravity {
    if gravity == Gravity::Auto { Gravity::Center } else { gravity }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::transform::BOUNDS;
    use crate::domain::transform::words::NOTES_MAX;

    fn canonical(query: &str) -> String {
        let asked = read(query, Format::Jpeg, false, &BOUNDS);
        asked.transform.map(|transform| transform.to_string()).unwrap_or_default()
    }

    fn notes(query: &str) -> Vec<String> {
        let asked = read(query, Format::Jpeg, false, &BOUNDS);
        asked.notes.into_iter().map(|note| note.parameter).collect()
    }

    #[test]
    fn the_same_in_other_words_is_the_same() {
        for [one, other] in [
            ["w=100&h=50", "h=50&w=100"],
            ["w=100&dpr=2", "w=200"],
            ["size=s&dpr=2", "short=640"],
            ["size=social", "w=1200&h=630&fit=pad"],
            ["w=100&fit=cover", "w=100&fit=contain"],
            ["w=100&h=50&fit=crop&gravity=center", "w=100&h=50&fit=cover"],
            ["w=100&gravity=north", "w=100"],
            ["w=100&fit=pad&h=100&gravity=auto", "w=100&fit=pad&h=100"],
            ["saturation=0", "grayscale"],
            ["background=white&w=9", "background=%23ffffff&w=9"],
            ["w=100&format=jpeg&q=80", "w=100"],
            ["w=100&blur=1.50", "blur=1.5&w=100.2"],
            ["w=100&view", "w=100"],
            ["", "format=jpg&fit=cover&gravity=east&rotate=0&brightness=1"],
        ] {
            assert_eq!(canonical(one), canonical(other), "{one}");
        }
        assert_eq!(canonical("h=50&w=100&format=webp"), "format=webp&h=50&q=80&w=100");
        assert_eq!(canonical("gamma=2.25&flip=vh&rotate=-90"), "flip=hv&format=jpg&gamma=2.25&q=80&rotate=270");
        assert_eq!(canonical("q=70"), "format=jpg&q=70");
        assert_eq!(canonical("q=70&format=png"), "format=png");
        assert_eq!(canonical("background=0008&anim=false"), "anim=false&background=00000088&format=jpg&q=80");
    }

    #[test]
    fn what_is_not_done_as_said_is_said() {
        for (query, parameters, meant) in [
            ("w=wide", ["w"].as_slice(), ""),
            ("w=0", &["w"], "w=1"),
            ("w=99999", &["w"], "w=4096"),
            ("w=3000&dpr=2", &["w"], "w=4096"),
            ("w=NaN&h=inf", &["w", "h"], ""),
            ("rotate=45", &["rotate"], ""),
            ("width=100", &["width"], ""),
            ("w=100&w=200", &["w"], "w=100"),
            ("format=avif", &["format"], "format=webp"),
            ("format=tiff", &["format"], ""),
            ("background=nocolour", &["background"], ""),
            ("size=xxl", &["size"], ""),
            ("size=s&w=10", &["size"], "w=10"),
            ("%00%ff=1", &["?"], ""),
            ("anim=maybe&grayscale=perhaps", &["grayscale", "anim"], ""),
            ("utm_source=a&view&sig=b", &["utm_source"], ""),
        ] {
            let mut found = notes(query);
            found.sort();
            let mut expected = parameters.to_vec();
            expected.sort_unstable();
            assert_eq!(found, expected, "{query}");
            assert_eq!(canonical(query), canonical(meant), "{query}");
        }
        let many: Vec<String> = (0..100).map(|n| format!("x{n}=1")).collect();
        assert_eq!(notes(&many.join("&")).len(), NOTES_MAX);
    }

    #[test]
    fn a_format_is_negotiated_only_if_asked_for() {
        for (query, accept, format, negotiated) in [
            ("w=9", "image/webp", Format::Jpeg, false),
            ("w=9&format=auto", "text/html,image/avif,image/webp,*/*;q=0.8", Format::WebP, true),
            ("w=9&format=auto", "image/WebP;q=0.1", Format::WebP, true),
            ("w=9&format=auto", "image/webp;q=0,*/*", Format::Jpeg, true),
            ("w=9&format=auto", "*/*", Format::Jpeg, true),
        ] {
            let asked = read(query, Format::Jpeg, accepts_webp(accept), &BOUNDS);
            assert_eq!((asked.transform.map(|t| t.format), asked.negotiated), (Some(format), negotiated), "{accept}");
        }
        // Nothing to change is the image itself, negotiated or not.
        let asked = read("format=auto", Format::Png, false, &BOUNDS);
        assert_eq!((asked.transform, asked.negotiated), (None, true));
    }
}
