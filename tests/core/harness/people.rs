//! People with accounts, in front of a browser: they fill in forms and follow the links in their letters.

use tintype::http::identity::SESSION_COOKIE;

use super::World;
use super::client::{Answer, Call};

pub const PASSWORD: &str = "nine plates of wet collodion";

/// Somebody who signs up.
#[derive(Clone, Debug)]
pub struct Person {
    pub email: String,
    pub name: String,
    pub password: String,
}

impl Person {
    pub fn named(name: &str) -> Self {
        let email = format!("{}@example.org", name.to_lowercase());
        Self { email, name: name.to_owned(), password: PASSWORD.to_owned() }
    }
}

/// A browser that is signed in.
#[derive(Clone, Debug)]
pub struct Browser {
    pub cookie: String,
    pub form_token: String,
}

impl Browser {
    /// The request as this browser sends it, from a page of ours.
    pub fn send(&self, call: Call) -> Call {
        call.header("cookie", &self.cookie).header("origin", super::APP).header("sec-fetch-site", "same-origin")
    }

    /// The form of a page of ours.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Call {
        let all: Vec<(&str, &str)> = [&[("form_token", self.form_token.as_str())], fields].concat();
        self.send(form(path, &all))
    }

    /// A page.
    pub fn page(&self, path: &str) -> Call {
        self.send(Call::app("GET", path)).header("accept", "text/html")
    }
}

/// A form that somebody without a sign-in sends.
pub fn form(path: &str, fields: &[(&str, &str)]) -> Call {
    let body: String = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    Call::app("POST", path).body("application/x-www-form-urlencoded", body)
}

/// What signs somebody up.
pub fn sign_up_fields(person: &Person) -> [(&str, &str); 5] {
    [("email", &person.email), ("name", &person.name), ("password", &person.password), ("country", "PT"), ("age", "1")]
}

/// The cookie that an answer sets, as a browser sends it back.
pub fn cookie_of(answer: &Answer) -> String {
    let field = answer.header("set-cookie").split(';').next().unwrap_or_default();
    assert!(field.starts_with(SESSION_COOKIE), "{field}: {}", answer.text());
    field.to_owned()
}

impl World {
    /// Signs somebody up, and delivers the letter.
    pub async fn sign_up(&self, person: &Person) -> Answer {
        let answer = form("/sign-up", &sign_up_fields(person)).send(self).await;
        self.deliver_messages().await;
        answer
    }

    /// Signs somebody in, who may have a second factor or not.
    pub async fn sign_in(&self, person: &Person) -> Browser {
        let answer = form("/sign-in", &[("email", &person.email), ("password", &person.password)]).send(self).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
        self.browser(cookie_of(&answer)).await
    }

    /// The browser that holds a cookie, on a page with forms.
    pub async fn browser(&self, cookie: String) -> Browser {
        let browser = Browser { cookie, form_token: String::new() };
        let page = browser.page("/settings").send(self).await.text();
        let token = page.split("name=\"form_token\" value=\"").nth(1).and_then(|rest| rest.split('"').next());
        Browser { form_token: token.unwrap_or_default().to_owned(), ..browser }
    }

    /// Somebody with an account whose address is proved.
    pub async fn member(&self, name: &str) -> (Person, Browser) {
        let person = Person::named(name);
        self.sign_up(&person).await;
        let token = self.token_in_letter("verify_email");
        let answer = form("/verify", &[("token", &token), ("password", &person.password)]).send(self).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
        let browser = self.sign_in(&person).await;
        (person, browser)
    }

    /// Somebody who runs the deployment, with an app as the second factor.
    pub async fn operator(&self, name: &str) -> Browser {
        let (_, browser) = self.member(name).await;
        crate::factors_page::add_app(self, &browser).await;
        self.sql
            .query("UPDATE accounts SET is_operator = 1 WHERE rowid = (SELECT max(rowid) FROM accounts) RETURNING id");
        browser
    }

    /// The token of the link in the latest letter of a kind.
    pub fn token_in_letter(&self, kind: &str) -> String {
        let taken = self.mail.taken();
        let letter = taken.iter().rfind(|taken| taken.letter.kind == kind);
        let text = letter.map(|taken| taken.letter.content.text.clone()).unwrap_or_default();
        let token = text.split("token=").nth(1).and_then(|rest| rest.split_whitespace().next());
        token.unwrap_or_else(|| panic!("no link in a letter ({kind}): {text}")).to_owned()
    }

    /// How many letters of a kind were sent to an address.
    pub fn letters_to(&self, email: &str, kind: &str) -> usize {
        let is_it =
            |letter: &tintype::domain::letter::OutgoingLetter| letter.kind == kind && letter.to.as_str() == email;
        self.mail.taken().iter().filter(|taken| is_it(&taken.letter)).count()
    }
}
