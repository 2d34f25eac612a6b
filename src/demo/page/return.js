// return.ts
var outcome = location.pathname.endsWith("/success") ? "success" : "failure";
if (window.parent === window) {
  sessionStorage.setItem("gerbang-demo-return", outcome);
  location.replace("/");
} else {
  window.parent.postMessage({ kind: "gerbang-demo-return", outcome }, location.origin);
}
