//! On whose behalf somebody acts: what each role may do for a team, and what the team may store then.

use tintype::domain::account::AccountTier;
use tintype::domain::owner::Member;
use tintype::domain::team::GivenRole;
use tintype::usecases::act_for::{Need, act_for};
use tintype::usecases::transfer_team::transfer_team;

use crate::harness::World;
use crate::harness::teams::as_member;

#[tokio::test]
async fn what_somebody_may_do_for_a_team_is_what_their_role_says() {
    let world = World::new();
    let owner = world.person("Ada").await;
    let team = world.team_of(&owner).await;
    let editor = world.joined(&owner, &team, "Bob", GivenRole::EDITOR).await;
    let viewer = world.joined(&owner, &team, "Cyd", GivenRole::VIEWER).await;
    let stranger = world.person("Eve").await;
    for (account, sees, changes) in
        [(&owner, true, true), (&editor, true, true), (&viewer, true, false), (&stranger, false, false)]
    {
        for (need, allowed) in [(Need::See, sees), (Need::Change, changes)] {
            let acting = act_for(&world.app, &as_member(account), &team, need).await.expect("works");
            let expected = allowed.then(|| as_member(&team));
            assert_eq!(acting, expected, "{account} {need:?}");
            let own = act_for(&world.app, &as_member(account), account, need).await.expect("works");
            assert_eq!(own, Some(as_member(account)), "everybody acts for themselves");
            let another = if *account == owner { &editor } else { &owner };
            assert_eq!(act_for(&world.app, &as_member(account), another, need).await, Ok(None), "and for no other");
        }
    }
}

#[tokio::test]
async fn a_team_stores_what_its_owner_may() {
    let world = World::new();
    let owner = world.person("Ada").await;
    let team = world.team_of(&owner).await;
    let editor = world.joined(&owner, &team, "Bob", GivenRole::EDITOR).await;
    let set = |sql: String| world.sql.with_connection(|connection| connection.execute_batch(&sql).expect("SQL"));
    let acting = async || act_for(&world.app, &as_member(&editor), &team, Need::Change).await.expect("works");
    set(format!("UPDATE accounts SET tier = 'pro' WHERE id = '{owner}'"));
    assert_eq!(acting().await, Some(Member { tier: AccountTier::Pro, ..as_member(&team) }));
    set(format!("UPDATE accounts SET verified_at = NULL WHERE id = '{owner}'"));
    let unproved = Member { tier: AccountTier::Pro, is_verified: false, ..as_member(&team) };
    assert_eq!(acting().await, Some(unproved), "for a team, too, only a proved address counts");
    set(format!("UPDATE accounts SET verified_at = 1 WHERE id = '{owner}'"));
    transfer_team(&world.app, &owner, &team, &editor).await.expect("passes on");
    assert_eq!(acting().await, Some(as_member(&team)), "it is another's now");
}
