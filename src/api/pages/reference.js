// Draws the contract of this gateway. Nothing is asked of anybody else.
Redoc.init("/openapi.yaml", {
  disableSearch: true,
  expandResponses: "200,201",
  hideDownloadButton: true,
  nativeScrollbars: true,
  scrollYOffset: "header",
  theme: {
    colors: { primary: { main: "#0d6b61" } },
    typography: {
      fontFamily: "system-ui, sans-serif",
      headings: { fontFamily: "system-ui, sans-serif" },
      code: { fontFamily: "ui-monospace, monospace" },
    },
  },
}, document.querySelector("#reference"));
