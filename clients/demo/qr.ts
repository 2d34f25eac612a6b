// A QR code, drawn here: what it holds is a secret and is shown to nobody who would draw it for us.

import { encode } from "uqr";

const SVG = "http://www.w3.org/2000/svg";
/** Light modules around the code, without which cameras do not find it. */
const QUIET = 4;

/** The code of `text` as a picture that is called `label`. */
export function qr(text: string, label: string): SVGSVGElement {
  const { data, size } = encode(text, { ecc: "L", border: QUIET });
  const picture = element("svg", { viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": label, "shape-rendering": "crispEdges" });
  const rows = data.map((row, y) => row.map((isDark, x) => (isDark ? `M${x} ${y}h1v1h-1z` : "")).join(""));
  picture.append(
    element("rect", { width: String(size), height: String(size), fill: "#fff" }),
    element("path", { d: rows.join(""), fill: "#000" }),
  );
  return picture;
}

function element<T extends keyof SVGElementTagNameMap>(tag: T, attributes: Record<string, string>): SVGElementTagNameMap[T] {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  return made;
}
