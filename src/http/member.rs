//! On whose behalf a request is made, if on anybody's: somebody who is signed in, or the account of a program's key.

use axum::http::{HeaderMap, Method, Uri};

use super::identity::Identity;
use super::{caller, signed_request};
use crate::app::App;
use crate::domain::api_key::{KeyUse, Scope};
use crate::domain::ids::CollectionId;
use crate::domain::owner::Member;
use crate::error::{Error, Problem};
use crate::usecases::act_for::Need;
use crate::usecases::find_member::find_member;
use crate::usecases::open_collection::{OpenCollection, open_collection};
use crate::usecases::open_image::Changer;
use crate::usecases::open_session::SessionUse;

/// Somebody on whose behalf a request is made.
#[derive(Clone, Debug)]
pub struct Acting {
    /// The account.
    pub member: Member,
    /// The collection to which its program is confined: what is not in it is not the program's business.
    pub collection: Option<OpenCollection>,
}

impl Acting {
    /// The collection to which its program is confined.
    #[must_use]
    pub fn confined(&self) -> Option<&CollectionId> {
        self.collection.as_ref().map(|open| &open.collection.id)
    }

    /// As who wants to see or change an image.
    #[must_use]
    pub fn changer(&self) -> Changer<'_> {
        Changer { member: &self.member, collection: self.confined() }
    }
}

/// Who acts: a program's key counts before a browser's sign-in. A sign-in counts only if the browser says that one of our
/// own pages sent the request: no other site acts with it.
///
/// # Errors
/// The problem with the scope or the site, or with what the key was for; a fault if the database fails.
pub async fn acting(
    app: &App,
    identity: &Identity,
    (method, _, headers): (&Method, &Uri, &HeaderMap),
    scope: Scope,
) -> Result<Option<Acting>, Error> {
    let program = identity.program().cloned();
    signed_request::require_scope(program.as_ref(), scope)?;
    match (program, identity.session()) {
        (Some(program), _) => of_program(app, program).await.map(Some),
        (None, Some(session)) => {
            if *method != Method::GET {
                caller::require_own_page(app, headers)?;
            }
            Ok(Some(Acting { member: of_session(session), collection: None }))
        }
        (None, None) => Ok(None),
    }
}

/// Whoever signed in, as far as images care.
#[must_use]
pub fn of_session(session: &SessionUse) -> Member {
    Member { account_id: session.account_id.clone(), tier: session.tier, is_verified: session.is_verified }
}

async fn of_program(app: &App, program: KeyUse) -> Result<Acting, Error> {
    let member = find_member(app, &program.account_id).await?.ok_or(Problem::ApiKeyInvalid)?;
    let collection = match &program.collection {
        // Whoever made the key may have lost what they could see.
        Some(id) => Some(open_collection(app, &member, id, Need::See).await?.ok_or(Problem::ApiKeyInvalid)?),
        None => None,
    };
    Ok(Acting { member, collection })
}
