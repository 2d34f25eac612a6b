//! Ways back from capture: found by what stands in the address, for as long as they live.

use gerbang::{
    domain::{ReturnRef, SessionId},
    storage::Store,
};

use super::bed::{at, issued, wanted};

pub(super) async fn a_way_back_leads_to_its_attempt_until_its_end(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;
    let way = ReturnRef::new();
    store.keep_return(way.clone(), verification.id, session, at(60)).await.unwrap();

    let found = store.find_return(way.clone(), at(59)).await.unwrap().unwrap();
    let other = store.find_return(ReturnRef::new(), at(59)).await.unwrap();
    let over = store.find_return(way, at(60)).await.unwrap();

    assert_eq!(found.verification.id, verification.id);
    assert_eq!(Some(found.redirects), wanted("cust-1").redirects);
    assert!(other.is_none() && over.is_none());
}

pub(super) async fn a_way_back_of_no_attempt_leads_nowhere(store: &dyn Store) {
    let (verification, _) = issued(store, "cust-1").await;
    let way = ReturnRef::new();
    store.keep_return(way.clone(), verification.id, SessionId::new(), at(60)).await.unwrap();

    assert!(store.find_return(way, at(0)).await.unwrap().is_none());
}

pub(super) async fn ways_back_are_forgotten_in_batches(store: &dyn Store) {
    let (verification, session) = issued(store, "cust-1").await;
    let ways = [60, 60, 60, 61].map(|end| (ReturnRef::new(), end));
    for (way, end) in &ways {
        let keep = store.keep_return(way.clone(), verification.id, session.clone(), at(*end));
        keep.await.unwrap();
    }

    let early = store.forget_returns(at(59), 2).await.unwrap();
    let first = store.forget_returns(at(60), 2).await.unwrap();
    let second = store.forget_returns(at(60), 2).await.unwrap();

    assert_eq!((early, first, second), (0, 2, 1));
    assert!(store.find_return(ways[3].0.clone(), at(60)).await.unwrap().is_some());
}
