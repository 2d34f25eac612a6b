// The way back from the provider's page: tells the app that it was left, and how it says it ended.
//
// The outcome in the address is a hint that anyone could type. Nothing else the provider attached is looked at.

const outcome = location.pathname.endsWith("/success") ? "success" : "failure";

if (window.parent === window) {
  sessionStorage.setItem("gerbang-demo-return", outcome);
  location.replace("/");
} else {
  // Shown inside the app's own frame, as in a web view: the app closes it.
  window.parent.postMessage({ kind: "gerbang-demo-return", outcome }, location.origin);
}

export {};
