//! On whose behalf somebody acts: images and collections belong to accounts, and not only to one's own. What a member of a
//! team may do for it is decided here and nowhere else.

use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::owner::Member;
use crate::domain::team::Role;
use crate::error::{Attempt as _, Fault};
use crate::store::team_members;

/// What somebody wants to do with what belongs to an account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Need {
    /// See it.
    See,
    /// Add to it, and change or delete what is there.
    Change,
}

impl Need {
    /// Whether somebody in this role may.
    #[must_use]
    pub fn is_met_by(self, role: Role) -> bool {
        match self {
            Self::See => true,
            Self::Change => role.may_change(),
        }
    }
}

/// The account `owner` as the owner of images, if `member` may do for it what is needed; everybody else learns nothing.
/// A team stores what its owner may: the same tier, and as long as they.
///
/// # Errors
/// If the database fails.
pub async fn act_for(app: &App, member: &Member, owner: &AccountId, need: Need) -> Result<Option<Member>, Fault> {
    if *owner == member.account_id {
        return Ok(Some(member.clone()));
    }
    let standing = team_members::standing(app.ports.sql.as_ref(), owner, &member.account_id).await;
    let standing = standing.attempt(&format!("find what {} is in {owner}", member.account_id))?;
    let allowed = standing.filter(|standing| need.is_met_by(standing.role));
    Ok(allowed.map(|standing| Member {
        account_id: owner.clone(),
        tier: standing.tier,
        is_verified: standing.verified_at.is_some(),
    }))
}
