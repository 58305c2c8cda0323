// Addresses within the dashboard. Knows nothing of the pages, so that every page can import it without a circle.

/** Go to an address of the dashboard without reloading the page. */
export function go(address) {
  history.pushState(null, "", address);
  dispatchEvent(new PopStateEvent("popstate"));
}
