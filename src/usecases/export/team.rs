//! What is known of a team, for the first file of an export of its owner's. Who is in it has data of their own: of them it says
//! what they may do and since when, not who they are.

use super::documents::{MemberEntry, TeamDetails, TeamDocument};
use super::{belongings, restrictions, schema_url};
use crate::app::App;
use crate::domain::ids::AccountId;
use crate::domain::time::Timestamp;
use crate::error::{Attempt as _, Error, Problem};
use crate::policy::teams::MEMBERS_MAX;
use crate::store::team_members;
use crate::usecases::find_member::find_owner;
use crate::usecases::list_teams::find_own_team;

/// Reads all of it, as long as the team is `owner`'s.
pub(super) async fn describe(
    app: &App,
    owner: &AccountId,
    id: &AccountId,
    now: Timestamp,
) -> Result<TeamDocument, Error> {
    let team = find_own_team(app, owner, id).await?;
    let standing = find_owner(app, id).await?.ok_or(Problem::NotFound)?;
    let members = team_members::of_team(app.ports.sql.as_ref(), id, MEMBERS_MAX).await;
    let mut members = members.attempt(&format!("list the members of {id}"))?;
    members.sort_by_key(|member| member.joined_at);
    Ok(TeamDocument {
        schema: schema_url(app),
        exported_at: now.rfc3339(),
        team: TeamDetails { id: team.id.to_string(), name: team.name, created_at: team.created_at.rfc3339() },
        members: members
            .into_iter()
            .map(|member| MemberEntry { role: member.role.as_str(), joined_at: member.joined_at.rfc3339() })
            .collect(),
        storage: belongings::storage(app, id).await?,
        upload_tickets: belongings::tickets(app, &standing).await?,
        collections: belongings::collections(app, id).await?,
        statements: restrictions::statements(app, id).await?,
        appeals: restrictions::appeals(app, id).await?,
    })
}
