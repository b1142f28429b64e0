//! The one way of writing a transform: it names the stored variant, and read again it is the same transform.

use std::fmt;

use super::{Flip, Gravity, Rotate, Sizing, Transform};

impl fmt::Display for Transform {
    /// `format=webp&h=50&q=80&w=100`: parameters that say something, in order of the alphabet.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut words = Words(Vec::new());
        if self.still {
            words.say("anim", "false".into());
        }
        if let Some(colour) = self.background {
            words.say("background", colour.to_string());
        }
        words.say_hundredths("blur", self.blur, 0);
        words.say_hundredths("brightness", self.adjust.brightness, 100);
        words.say_hundredths("contrast", self.adjust.contrast, 100);
        words.say_hundredths("gamma", self.adjust.gamma, 100);
        words.say_hundredths("saturation", self.adjust.saturation, 100);
        words.say_hundredths("sharpen", self.sharpen, 0);
        if self.adjust.grayscale {
            words.say("grayscale", "true".into());
        }
        match self.flip {
            Flip { horizontal: false, vertical: false } => {}
            Flip { horizontal: true, vertical: false } => words.say("flip", "h".into()),
            Flip { horizontal: false, vertical: true } => words.say("flip", "v".into()),
            Flip { horizontal: true, vertical: true } => words.say("flip", "hv".into()),
        }
        match self.rotate {
            Rotate::None => {}
            Rotate::Quarter => words.say("rotate", "90".into()),
            Rotate::Half => words.say("rotate", "180".into()),
            Rotate::ThreeQuarters => words.say("rotate", "270".into()),
        }
        words.say_sizing(self.sizing);
        words.say("format", self.format.extension().into());
        if self.quality > 0 {
            words.say("q", self.quality.to_string());
        }
        words.0.sort_unstable();
        for (number, (name, value)) in words.0.iter().enumerate() {
            let and = if number == 0 { "" } else { "&" };
            write!(f, "{and}{name}={value}")?;
        }
        Ok(())
    }
}

struct Words(Vec<(&'static str, String)>);

impl Words {
    fn say(&mut self, name: &'static str, value: String) {
        self.0.push((name, value));
    }

    fn say_hundredths(&mut self, name: &'static str, value: u32, unsaid: u32) {
        if value != unsaid {
            let fraction = format!("{}.{:02}", value / 100, value % 100);
            self.say(name, fraction.trim_end_matches('0').trim_end_matches('.').to_owned());
        }
    }

    fn say_sizing(&mut self, sizing: Sizing) {
        match sizing {
            Sizing::Original => {}
            Sizing::Short { side } => self.say("short", side.to_string()),
            Sizing::Within { width, height, enlarge } => {
                self.say_sides(width, height);
                if enlarge {
                    self.say("fit", "contain".into());
                }
            }
            Sizing::Cover { width, height, gravity } => self.say_exact("cover", width, height, gravity),
            Sizing::Pad { width, height, gravity } => self.say_exact("pad", width, height, gravity),
        }
    }

    fn say_exact(&mut self, fit: &str, width: u32, height: u32, gravity: Gravity) {
        self.say_sides(Some(width), Some(height));
        self.say("fit", fit.into());
        let word = Gravity::ALL.iter().find(|(_, named)| *named == gravity && gravity != Gravity::Center);
        if let Some((word, _)) = word {
            self.say("gravity", (*word).into());
        }
    }

    fn say_sides(&mut self, width: Option<u32>, height: Option<u32>) {
        for (name, side) in [("w", width), ("h", height)] {
            if let Some(side) = side {
                self.say(name, side.to_string());
            }
        }
    }
}

impl fmt::Display for super::Colour {
    /// `rrggbb`, or `rrggbbaa` if it is not opaque.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [red, green, blue, alpha] = self.rgba;
        write!(f, "{red:02x}{green:02x}{blue:02x}")?;
        if alpha == 255 { Ok(()) } else { write!(f, "{alpha:02x}") }
    }
}
