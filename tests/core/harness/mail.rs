//! Whoever delivers letters, as a test wants it: it remembers what it was given, and fails when told to. What is new goes to
//! one who sends once for each key, as Resend does; what accounts need to one who does not know keys, as SES.

use std::collections::VecDeque;
use std::sync::Mutex;

use async_trait::async_trait;
use tintype::domain::consent::ConsentProof;
use tintype::domain::ids::LetterId;
use tintype::domain::letter::{OutgoingLetter, Sender};
use tintype::ports::mail::{Mail, MailFailure, allowed};

/// A letter that was taken.
#[derive(Clone)]
pub struct Taken {
    pub key: LetterId,
    pub sender: Sender,
    pub letter: OutgoingLetter,
}

#[derive(Default)]
pub struct RecordingMail {
    pub taken: Mutex<Vec<Taken>>,
    /// What the next attempts come to; nothing: they succeed.
    pub fails: Mutex<VecDeque<MailFailure>>,
    pub attempts: Mutex<usize>,
}

impl RecordingMail {
    pub fn taken(&self) -> Vec<Taken> {
        self.taken.lock().expect("not poisoned").clone()
    }

    pub fn attempts(&self) -> usize {
        *self.attempts.lock().expect("not poisoned")
    }

    /// The next `times` attempts fail like this.
    pub fn fail(&self, times: usize, failure: &MailFailure) {
        self.fails.lock().expect("not poisoned").extend(std::iter::repeat_n(failure.clone(), times));
    }

    fn take(&self, sender: Sender, letter: &OutgoingLetter, key: &LetterId) -> Result<(), MailFailure> {
        *self.attempts.lock().expect("not poisoned") += 1;
        if let Some(failure) = self.fails.lock().expect("not poisoned").pop_front() {
            return Err(failure);
        }
        let mut taken = self.taken.lock().expect("not poisoned");
        let is_known = sender == Sender::Product && taken.iter().any(|taken| taken.key == *key);
        if !is_known {
            taken.push(Taken { key: key.clone(), sender, letter: letter.clone() });
        }
        Ok(())
    }
}

#[async_trait]
impl Mail for RecordingMail {
    async fn send_transactional(&self, letter: &OutgoingLetter, key: &LetterId) -> Result<(), MailFailure> {
        self.take(Sender::Transactional, letter, key)
    }

    async fn send_product(
        &self,
        letter: &OutgoingLetter,
        proof: &ConsentProof,
        key: &LetterId,
    ) -> Result<(), MailFailure> {
        allowed(letter, proof)?;
        self.take(Sender::Product, letter, key)
    }
}
