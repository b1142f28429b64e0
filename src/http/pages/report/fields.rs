//! The fields of a form of a report.

use crate::domain::notice::{NoticeField, NoticeKind, NoticeText};
use crate::http::pages::account::Mistake;
use crate::policy::notices::NoticeRule;

/// How a field is filled in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shape {
    /// Lines of text.
    Text,
    /// One line.
    Line,
    /// A box to tick, before a statement.
    Tick,
}

/// A field, as a template shows it (`templates/report/fields.html`).
pub struct FormField {
    /// Its name.
    pub name: &'static str,
    /// What stands before it; of a box, the statement.
    pub label: &'static str,
    /// What explains it, if anything.
    pub hint: &'static str,
    /// How it is filled in.
    pub shape: Shape,
    /// What browsers may fill in (WHATWG HTML, autofill).
    pub autocomplete: &'static str,
    /// What was filled in.
    pub value: String,
    /// Whether the box is ticked.
    pub is_ticked: bool,
    /// What is wrong with it.
    pub wrong: Option<String>,
    /// Whether it may be left out.
    pub is_optional: bool,
}

/// The fields that a kind of report has: what it must say, and an address for the answer where that is welcome.
pub(super) fn fields_of(rule: &NoticeRule, text: &NoticeText, mistake: &Mistake) -> Vec<FormField> {
    let mut fields: Vec<FormField> =
        rule.required.iter().map(|field| field_of(rule.kind, *field, text, mistake)).collect();
    if !rule.required.contains(&NoticeField::Email) {
        let email = field_of(rule.kind, NoticeField::Email, text, mistake);
        fields.push(FormField { is_optional: true, hint: "Only if you want an answer.", ..email });
    }
    fields
}

/// One field.
pub(super) fn field_of(kind: NoticeKind, field: NoticeField, text: &NoticeText, mistake: &Mistake) -> FormField {
    let (shape, autocomplete, value) = match field {
        NoticeField::Urls => (Shape::Text, "off", text.urls.join("\n")),
        NoticeField::Reasons => (Shape::Text, "off", text.reasons.clone()),
        NoticeField::Work => (Shape::Text, "off", text.work.clone()),
        NoticeField::Address => (Shape::Text, "street-address", text.address.clone()),
        NoticeField::Name => (Shape::Line, "name", text.name.clone()),
        NoticeField::Email => (Shape::Line, "email", text.email.clone()),
        NoticeField::Phone => (Shape::Line, "tel", text.phone.clone()),
        NoticeField::Signature => (Shape::Line, "off", text.signature.clone()),
        NoticeField::GoodFaith | NoticeField::Accuracy | NoticeField::Ground => (Shape::Tick, "off", String::new()),
    };
    let is_statement = shape == Shape::Tick;
    FormField {
        name: field.as_str(),
        label: if is_statement { statement(kind, field) } else { label(kind, field) },
        hint: hint(kind, field),
        shape,
        autocomplete,
        value,
        is_ticked: is_statement && text.has(field),
        wrong: mistake.of(field.as_str()).map(str::to_owned),
        is_optional: false,
    }
}

fn label(kind: NoticeKind, field: NoticeField) -> &'static str {
    match (kind, field) {
        (NoticeKind::Abuse, NoticeField::Reasons) => "What is against the rules, and why",
        (_, NoticeField::Reasons) => "Why it is against the law",
        _ => field.label(),
    }
}

fn hint(kind: NoticeKind, field: NoticeField) -> &'static str {
    match (kind, field) {
        (NoticeKind::IntimateImagery, NoticeField::Urls) => {
            "One on each line. We look for copies of them here ourselves."
        }
        (_, NoticeField::Urls) => "One on each line.",
        (_, NoticeField::Work) => "What it is, and where it can be seen, if it can.",
        (_, NoticeField::Signature) => "Your full name again, which stands for your signature.",
        (NoticeKind::Copyright, NoticeField::Name) => {
            "Or the name of whoever holds the copyright, if you act for them."
        }
        _ => "",
    }
}

/// The words under which somebody ticks a box: those of the law.
fn statement(kind: NoticeKind, field: NoticeField) -> &'static str {
    match (kind, field) {
        // 17 U.S.C. 512(c)(3)(A)(v).
        (NoticeKind::Copyright, NoticeField::GoodFaith) => {
            "I have a good faith belief that this use is not authorised by the copyright owner, its agent, or the law."
        }
        // 17 U.S.C. 512(c)(3)(A)(vi).
        (_, NoticeField::Accuracy) => {
            "What I say here is accurate, and under penalty of perjury, I am the copyright owner or authorised to act for them."
        }
        // TAKE IT DOWN Act, sec. 3(a)(2)(C).
        (NoticeKind::IntimateImagery, NoticeField::GoodFaith) => {
            "I have a good faith belief that it was published without the consent of the person it shows, and that person is me or somebody I am authorised to act for."
        }
        // Regulation (EU) 2022/2065, Art. 16(2)(d).
        _ => "I believe in good faith that what I say here is accurate and complete.",
    }
}
