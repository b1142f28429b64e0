//! What people and programs do: upload, look, delete, bring back, have accounts, and leave.

use serde_json::json;
use tintype::domain::time::{DAY_MS, HOUR_MS, MINUTE_MS, Timestamp};

use super::model::{Member, Model};
use super::owed::UNDO_MS;
use super::{Acted, Years};
use crate::content_safety::scored;
use crate::crash_every_call::now as at_once;
use crate::harness::World;
use crate::harness::client::{Answer, Call};
use crate::harness::images::numbered_png;
use crate::harness::people::{Browser, PASSWORD, Person, cookie_of, form, sign_up_fields};

/// Different files that are uploaded.
const BODIES: u64 = 30;
/// The file that needs a warning, and the one that is not allowed.
const RESTRICTED: u64 = 6;
const PROHIBITED: u64 = 7;
/// How many people have accounts at the same time.
const MEMBERS: usize = 12;

/// What is said about files.
pub fn set(world: &World) {
    world.assess(RESTRICTED, scored(0.9, 0.02));
    world.assess(PROHIBITED, scored(0.99, 0.0));
}

impl Years {
    /// One request of somebody.
    pub fn request(&mut self) {
        match self.below(100) {
            0..=44 => self.upload_as_nobody(),
            45..=59 => self.view(),
            60..=68 => self.delete_with_token(),
            69..=70 => self.plant(),
            71 => {
                self.act("messages", |world| Box::pin(world.deliver_messages()));
            }
            dice => self.member_does(dice),
        }
    }

    fn upload_as_nobody(&mut self) {
        let ttls = ["", "?ttl=300", "?ttl=900", "?ttl=3600", "?ttl=86400", "?ttl=604800", "?ttl=2592000"];
        let ttl = ttls[self.below(7) as usize];
        let number = self.operations;
        let body = numbered_png(self.below(8));
        let call = match self.below(3) {
            0 => Call::app("POST", &format!("/v1/images{ttl}")).form(&[], &[("file", "a.png", &body)]),
            _ => Call::app("POST", &format!("/v1/images{ttl}")).body("image/png", body),
        };
        // Each from an address of its own: the limits have tests of their own.
        let address = format!("198.{}.{}.{}", 20 + (number >> 16), (number >> 8) & 255, number & 255);
        let mut call = call.header("cf-connecting-ip", &address);
        if self.below(3) == 0 {
            call = call.header("idempotency-key", &format!("two-years-key-{number:08}"));
        }
        let acted = self.act("upload", |world| Box::pin(call.send(world)));
        self.learn(&acted, None);
    }

    /// Notes an image that was acknowledged: the date in its row is the one that was told.
    fn learn(&mut self, acted: &Acted<Answer>, owner: Option<usize>) {
        let Some(answer) = acted.outcome.as_ref().filter(|answer| matches!(answer.status.as_u16(), 200 | 201)) else {
            let is_refused = |answer: &Answer| matches!(answer.status.as_u16(), 202 | 401 | 403 | 409 | 422 | 429);
            assert!(
                acted.struck || acted.outcome.as_ref().is_none_or(is_refused),
                "{:?}",
                acted.outcome.as_ref().map(Answer::text)
            );
            return;
        };
        let id = answer.field("/id");
        let row = self.world.sql.query(&format!("SELECT expires_at FROM images WHERE id = '{id}'"));
        let expires = row.first().and_then(|row| row["expires_at"].as_i64());
        let told = answer.json()["expires_at"].as_str().map(str::to_owned);
        assert_eq!(told, expires.map(|at| Timestamp(at).rfc3339()), "what is promised is what was told");
        let image = Model::new_image(id, answer.field("/url"), answer.field("/delete_token"), expires, owner);
        let index = self.model.learn(image);
        if let Some(owner) = owner {
            self.model.members[owner].images.push(index);
        }
    }

    /// Some image, mostly a recent one.
    fn some_image(&self) -> Option<usize> {
        let known = self.model.images.len() as u64;
        let span = if self.below(5) == 0 { known } else { known.min(40) };
        (known > 0).then(|| (known - 1 - self.below(span)) as usize)
    }

    fn view(&mut self) {
        let Some(index) = self.some_image() else { return };
        let url = self.model.images[index].url.clone();
        let url = if self.below(3) == 0 { format!("{url}?w=2") } else { url };
        let acted = self.act("view", |world| Box::pin(Call::new("GET", &url).send(world)));
        let image = &self.model.images[index];
        let status = acted.outcome.map(|answer| answer.status.as_u16());
        let has_expired = image.expires.is_some_and(|at| at <= acted.clock);
        assert!(!(has_expired && status == Some(200)), "{} is served after its date", image.id);
        // The clock of who took it away may have been ahead.
        let may_have_expired = image.expires.is_some_and(|at| at <= acted.clock + 2 * super::SKEW_MS);
        let may_be_gone = may_have_expired || self.model.may_be_away(index);
        assert!(acted.struck || may_be_gone || matches!(status, Some(200 | 429)), "{}: {status:?}", image.id);
    }

    fn delete_with_token(&mut self) {
        let Some(index) = self.some_image() else { return };
        let image = &self.model.images[index];
        let (id, token) = (image.id.clone(), format!("Bearer {}", image.token));
        if image.owner.is_some() {
            return;
        }
        let call = Call::app("DELETE", &format!("/v1/images/{id}")).header("authorization", &token);
        let clock = self.now() - super::SKEW_MS;
        self.model.images[index].deleted.get_or_insert(clock);
        self.act("delete", |world| Box::pin(call.send(world)));
    }

    /// Rows of what is tested elsewhere: here it only has to go when its time has come.
    fn plant(&mut self) {
        let (now, number) = (self.now(), self.operations);
        let account = self.model.staying().first().map(|index| self.model.members[*index].id.clone());
        let account = account.unwrap_or_else(|| "n0b0dy000000000000000000".into());
        let in_a_while = now + MINUTE_MS + self.below(5 * MINUTE_MS as u64) as i64;
        let (in_days, end) = (now + 7 * DAY_MS, now + HOUR_MS + self.below(DAY_MS as u64) as i64);
        let rows = format!(
            "INSERT INTO signature_nonces VALUES ('key', '{number}', {in_a_while});
             INSERT INTO challenges VALUES ('{number}', 'sign_in', NULL, {in_a_while});
             INSERT OR IGNORE INTO factor_attempts VALUES ('{account}', {now} / 900000 * 900000, 1);
             INSERT OR IGNORE INTO totp_factors VALUES ('{account}', 'sealed', {now}, NULL, NULL, NULL);
             INSERT INTO team_invitations VALUES ('i{number}', 'team', 'nobody', 'viewer', 'sealed', '{number}', '{number}', {now}, {in_days});
             INSERT INTO api_keys VALUES ('k{number}', '{account}', 'sealed', 'k{number}', 'read', 'one', NULL, NULL, {now}, {end}, NULL, NULL, NULL);
             INSERT INTO api_keys VALUES ('r{number}', '{account}', 'sealed', 'r{number}', 'read', 'one', NULL, NULL, {now}, NULL, NULL, {now}, NULL);"
        );
        self.world.sql.with_connection(|connection| connection.execute_batch(&rows)).expect("plants");
        self.operations += 1;
    }

    fn member_does(&mut self, dice: u64) {
        let here = self.model.members.iter().filter(|member| !member.is_gone).count();
        if !self.model.is_troubled && (here == 0 || here < MEMBERS && self.below(12) == 0) {
            return self.join();
        }
        if let Some(index) = self.who_comes_back() {
            return self.come_back(index);
        }
        let staying = self.model.staying();
        if staying.is_empty() {
            return;
        }
        let member = staying[self.below(staying.len() as u64) as usize];
        let browser = self.model.members[member].browser.clone();
        match dice {
            72..=84 => {
                let call = Call::app("POST", if self.below(3) == 0 { "/v1/images?ttl=604800" } else { "/v1/images" });
                let call = browser.send(call.body("image/png", numbered_png(self.below(BODIES))));
                let acted = self.act("upload of a member", |world| Box::pin(call.send(world)));
                self.learn(&acted, Some(member));
            }
            85..=89 => self.delete_own(member, &browser),
            90..=92 => self.restore_own(member, &browser),
            93..=94 => self.ask_for_a_ticket(member, &browser),
            95..=96 => self.bring(member),
            97 => {
                let call =
                    Call::app("POST", "/v1/collections").body("application/json", json!({ "name": "A" }).to_string());
                let call = browser.send(call);
                self.act("collect", |world| Box::pin(call.send(world)));
            }
            98 => {
                let call = browser.page("/gallery");
                self.act("look at the gallery", |world| Box::pin(call.send(world)));
            }
            _ => self.leave(member, &browser),
        }
    }

    /// Somebody signs up: one in four does not prove the address, one in four pays.
    fn join(&mut self) {
        let number = self.model.members.len();
        let kind = self.below(4);
        let world = self.world.clone();
        let person = Person::named(&format!("Person{number}"));
        // Each from an address of their own: how many may sign up from one is tested elsewhere.
        let address = format!("203.0.{}.{}", number >> 8, number & 255);
        let sign_up = form("/sign-up", &sign_up_fields(&person)).header("cf-connecting-ip", &address);
        assert!(!at_once(sign_up.send(&world)).status.is_client_error(), "nobody is turned away");
        at_once(world.deliver_messages());
        if let Some(token) = self.token_for(&person, "verify_email").filter(|_| kind > 0) {
            let verify = form("/verify", &[("token", &token), ("password", &person.password)]);
            at_once(verify.send(&world));
        }
        let browser = at_once(self.sign_in(&person, &address));
        let rows = world.sql.query("SELECT id FROM accounts ORDER BY created_at DESC, id LIMIT 1");
        let id = rows[0]["id"].as_str().unwrap_or_default().to_owned();
        if kind == 1 {
            world.sql.query(&format!("UPDATE accounts SET tier = 'pro' WHERE id = '{id}' RETURNING id"));
        }
        self.operations += if kind == 0 { 3 } else { 5 };
        self.trace(&format!("{id} joins"));
        self.observe((self.now(), self.now()), false);
        self.model.members.push(Member {
            id,
            person,
            browser,
            ticket: None,
            images: Vec::new(),
            leaving: None,
            returns: false,
            was_leaving: false,
            is_gone: false,
        });
    }

    async fn sign_in(&self, person: &Person, address: &str) -> Browser {
        let fields = [("email", person.email.as_str()), ("password", person.password.as_str())];
        let answer = form("/sign-in", &fields).header("cf-connecting-ip", address).send(&self.world).await;
        assert_eq!(answer.status.as_u16(), 303, "{}", answer.text());
        self.world.browser(cookie_of(&answer)).await
    }

    fn one_of(&self, member: usize) -> Option<usize> {
        let images = &self.model.members[member].images;
        (!images.is_empty()).then(|| images[self.below(images.len() as u64) as usize])
    }

    fn delete_own(&mut self, member: usize, browser: &Browser) {
        let Some(index) = self.one_of(member) else { return };
        let clock = self.now() - super::SKEW_MS;
        self.model.images[index].deleted.get_or_insert(clock);
        let call = browser.form("/gallery/delete", &[("id", &self.model.images[index].id), ("sure", "1")]);
        self.act("delete one's own", |world| Box::pin(call.send(world)));
    }

    fn restore_own(&mut self, member: usize, browser: &Browser) {
        let Some(index) = self.one_of(member) else { return };
        let image = &self.model.images[index];
        let is_away = image.deleted.is_some();
        let call = browser.form(&format!("/{}/restore", image.id), &[]);
        let acted = self.act("restore", |world| Box::pin(call.send(world)));
        if is_away && acted.outcome.is_some_and(|answer| answer.status.as_u16() == 303) {
            self.tally.restored += 1;
        }
    }

    fn ask_for_a_ticket(&mut self, member: usize, browser: &Browser) {
        let wish = json!({ "uses": 5, "expires_in": 3_600 * (1 + self.below(48)) });
        let call = browser.send(Call::app("POST", "/v1/tickets").body("application/json", wish.to_string()));
        let acted = self.act("ticket", |world| Box::pin(call.send(world)));
        if let Some(answer) = acted.outcome.filter(|answer| answer.status.as_u16() == 201) {
            self.model.members[member].ticket = Some(answer.field("/authorization"));
        }
    }

    fn bring(&mut self, member: usize) {
        let Some(ticket) = self.model.members[member].ticket.clone() else { return };
        let call =
            Call::app("POST", "/v1/images").header("authorization", &ticket).header("origin", "https://shop.example");
        let call = call.header("sec-fetch-site", "cross-site").body("image/png", numbered_png(self.below(BODIES)));
        let acted = self.act("bring", |world| Box::pin(call.send(world)));
        self.learn(&acted, Some(member));
    }

    /// Somebody wants their account erased. One in two changes their mind, some of those at the last moment.
    fn leave(&mut self, member: usize, browser: &Browser) {
        let hides = self.below(2) == 0;
        let fields: &[(&str, &str)] =
            if hides { &[("password", PASSWORD), ("images", "hide")] } else { &[("password", PASSWORD)] };
        let call = browser.form("/settings/delete", fields);
        // Whether it was asked for, the account says, also where the answer was lost.
        let earliest = self.now() - super::SKEW_MS;
        self.model.members[member].leaving = Some(earliest);
        let acted = self.act("leave", |world| Box::pin(call.send(world)));
        let id = self.model.members[member].id.clone();
        let row = self.world.sql.query(&format!("SELECT erase_at FROM accounts WHERE id = '{id}'"));
        let is_leaving = row.first().is_some_and(|row| row["erase_at"].as_i64().is_some());
        let is_told = acted.outcome.is_some_and(|answer| answer.status.as_u16() == 200);
        assert!(is_leaving || !is_told, "the answer was a lie");
        let returns = self.below(2) == 0;
        let member = &mut self.model.members[member];
        (member.leaving, member.returns) = (is_leaving.then_some(acted.clock), returns);
    }

    /// Who wants to come back, and does so now: at any time, or in the last quarter of an hour.
    fn who_comes_back(&self) -> Option<usize> {
        let now = self.now();
        let is_last_call = |at: i64| (0..15 * MINUTE_MS).contains(&(at + UNDO_MS - now));
        (0..self.model.members.len()).find(|index| {
            let member = &self.model.members[*index];
            let Some(at) = member.leaving.filter(|_| member.returns && !member.is_gone) else { return false };
            is_last_call(at) || self.below(25) == 0
        })
    }

    fn come_back(&mut self, index: usize) {
        let letter = self.token_for(&self.model.members[index].person, "account_deletion_requested");
        let Some(token) = letter else { return };
        let call = form("/settings/delete/undo", &[("token", &token)]);
        let acted = self.act("come back", |world| Box::pin(call.send(world)));
        let (id, leaving) =
            (self.model.members[index].id.clone(), self.model.members[index].leaving.unwrap_or_default());
        let row = self.world.sql.query(&format!("SELECT erase_at FROM accounts WHERE id = '{id}'"));
        let is_back = row.first().is_some_and(|row| row["erase_at"].as_i64().is_none());
        let in_time = acted.clock < leaving + UNDO_MS;
        assert!(
            is_back || acted.struck || !in_time,
            "{id} wanted to stay, in time: {:?}",
            acted.outcome.map(|answer| answer.text())
        );
        if is_back {
            self.tally.kept_accounts += 1;
            // Who leaves again waits for another letter.
            let email = self.model.members[index].person.email.clone();
            let mut taken = self.world.mail.taken.lock().expect("not poisoned");
            taken.retain(|taken| taken.letter.to.as_str() != email);
            drop(taken);
            let address = format!("203.1.{}.{}", index >> 8, index & 255);
            let person = self.model.members[index].person.clone();
            let browser = (!self.model.is_troubled).then(|| at_once(self.sign_in(&person, &address)));
            let member = &mut self.model.members[index];
            (member.leaving, member.returns) = (None, false);
            member.browser = browser.unwrap_or_else(|| member.browser.clone());
            self.model.kept(index);
        }
    }

    /// The link in the latest letter of a kind to somebody.
    fn token_for(&self, person: &Person, kind: &str) -> Option<String> {
        let taken = self.world.mail.taken.lock().expect("not poisoned");
        let is_it = |of: &str, to: &str| of == kind && to == person.email;
        let letter = taken.iter().rfind(|taken| is_it(taken.letter.kind, taken.letter.to.as_str()))?;
        let text = &letter.letter.content.text;
        text.split("token=").nth(1)?.split_whitespace().next().map(str::to_owned)
    }
}
