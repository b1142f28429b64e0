//! What to paste where: an image's addresses in the notations people use, and the form that goes with an upload ticket.

use crate::domain::format::Format;

/// One thing to copy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Snippet {
    /// What it is for. Scripts find it by this name, too.
    pub name: &'static str,
    /// Its label.
    pub label: &'static str,
    /// The text to copy.
    pub text: String,
}

/// What the snippets are made of.
pub struct Shared<'a> {
    /// The image itself.
    pub image_url: &'a str,
    /// The page that shows it.
    pub page_url: &'a str,
    /// What the uploader wrote about it, or nothing.
    pub caption: &'a str,
    /// Pixels, in digits.
    pub width: &'a str,
    /// Pixels, in digits.
    pub height: &'a str,
    /// Its sizes in its own format, as a `srcset`.
    pub srcset: &'a str,
    /// The same in WebP.
    pub srcset_webp: &'a str,
}

/// Names for what a script knows and a blank card does not (assets/js/upload.js).
pub const BLANK: Shared<'static> = Shared {
    image_url: "{url}",
    page_url: "{page_url}",
    caption: "{caption}",
    width: "{width}",
    height: "{height}",
    srcset: "{srcset}",
    srcset_webp: "{srcset_webp}",
};

/// Every snippet of an image, the most wanted first.
#[must_use]
pub fn snippets(shared: &Shared<'_>) -> Vec<Snippet> {
    let Shared { image_url, page_url, caption, width, height, srcset, srcset_webp } = shared;
    let snippet = |name, label, text| Snippet { name, label, text };
    vec![
        snippet("page_url", "Link to the page", (*page_url).to_owned()),
        snippet("url", "Link to the image", (*image_url).to_owned()),
        snippet("markdown", "Markdown", format!("[![{}]({image_url})]({page_url})", markdown_text(caption))),
        snippet(
            "html",
            "HTML",
            format!(
                "<a href=\"{page_url}\"><img src=\"{image_url}\" alt=\"{}\" width=\"{width}\" height=\"{height}\"></a>",
                attribute(caption)
            ),
        ),
        snippet(
            "picture",
            "HTML, in the size and format that each browser wants",
            format!(
                "<picture><source type=\"image/webp\" srcset=\"{}\" sizes=\"100vw\"><img src=\"{image_url}\" \
                 srcset=\"{}\" sizes=\"100vw\" alt=\"{}\" width=\"{width}\" height=\"{height}\" \
                 loading=\"lazy\"></picture>",
                attribute(srcset_webp),
                attribute(srcset),
                attribute(caption)
            ),
        ),
        snippet("bbcode", "BBCode", format!("[url={page_url}][img]{image_url}[/img][/url]")),
    ]
}

/// Whether a snippet is offered at first sight; the others are a click away.
#[must_use]
pub fn is_wanted_most(snippet: &Snippet) -> bool {
    matches!(snippet.name, "page_url" | "url")
}

/// A form for a page of another site that uploads to `upload_url` with a ticket for images of these formats.
#[must_use]
pub fn ticket_form(upload_url: &str, ticket: &str, formats: &[Format]) -> String {
    let accept: Vec<&str> = formats.iter().map(|format| format.media_type()).collect();
    format!(
        "<form method=\"post\" action=\"{}\" enctype=\"multipart/form-data\"><input type=\"hidden\" name=\"ticket\" \
         value=\"{}\"><label>Your picture <input type=\"file\" name=\"file\" accept=\"{}\" required></label> \
         <button>Send</button></form>",
        attribute(upload_url),
        attribute(ticket),
        accept.join(",")
    )
}

/// Text for a double-quoted HTML attribute, on one line.
fn attribute(text: &str) -> String {
    let line = one_line(text);
    line.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}

/// Text for a Markdown image description: what could end it early is escaped (CommonMark 0.31 §2.4).
fn markdown_text(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in one_line(text).chars() {
        if matches!(letter, '\\' | '[' | ']' | '`' | '*' | '_' | '<' | '>' | '&' | '!') {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text_of(name: &str, caption: &str) -> String {
        let shared = Shared {
            image_url: "https://i/a.png",
            page_url: "https://p/a",
            caption,
            width: "4",
            height: "3",
            srcset: "https://i/a.png?size=s 2w",
            srcset_webp: "https://i/a.png?size=s&format=webp 2w",
        };
        snippets(&shared).into_iter().find(|s| s.name == name).map(|s| s.text).unwrap_or_default()
    }

    #[test]
    fn a_snippet_holds_both_addresses() {
        assert_eq!(text_of("markdown", "A cat"), "[![A cat](https://i/a.png)](https://p/a)");
        assert_eq!(text_of("bbcode", ""), "[url=https://p/a][img]https://i/a.png[/img][/url]");
        assert_eq!(
            text_of("html", "A cat"),
            "<a href=\"https://p/a\"><img src=\"https://i/a.png\" alt=\"A cat\" width=\"4\" height=\"3\"></a>"
        );
    }

    #[test]
    fn a_picture_names_every_size_in_both_formats() {
        assert_eq!(
            text_of("picture", "A cat"),
            "<picture><source type=\"image/webp\" srcset=\"https://i/a.png?size=s&amp;format=webp 2w\" sizes=\"100vw\">\
             <img src=\"https://i/a.png\" srcset=\"https://i/a.png?size=s 2w\" sizes=\"100vw\" alt=\"A cat\" width=\"4\" \
             height=\"3\" loading=\"lazy\"></picture>"
        );
    }

    #[test]
    fn a_caption_cannot_break_out_of_a_snippet() {
        assert_eq!(
            text_of("html", "\"><script>\n&"),
            "<a href=\"https://p/a\"><img src=\"https://i/a.png\" alt=\"&quot;&gt;&lt;script&gt; &amp;\" width=\"4\" \
             height=\"3\"></a>"
        );
        assert_eq!(
            text_of("markdown", "](https://evil)\n\nx"),
            "[![\\](https://evil) x](https://i/a.png)](https://p/a)"
        );
    }
}
