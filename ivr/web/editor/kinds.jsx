// A small sign for each kind of node, and the family that gives it its colour; unknown kinds have the plain ones.

const SIGNS = {
  say: "M4 10v4h4l5 4V6l-5 4zM16 9a4 4 0 0 1 0 6M18.5 6.5a8 8 0 0 1 0 11",
  menu: "M5 6h2M5 12h2M5 18h2M11 6h8M11 12h8M11 18h8",
  collect: "M4 6h16v12H4zM8 10h.01M12 10h.01M16 10h.01M8 14h8",
  verify: "M12 3l7 3v5c0 5-3 8-7 10-4-2-7-5-7-10V6zM9 12l2 2 4-4",
  lookup: "M10.5 4a6.5 6.5 0 1 0 0 13 6.5 6.5 0 0 0 0-13zM15.5 15.5L20 20",
  hours: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM12 8v4l3 2",
  language: "M12 4a8 8 0 1 0 0 16 8 8 0 0 0 0-16zM4 12h16M12 4c3 3 3 13 0 16M12 4c-3 3-3 13 0 16",
  agent: "M5 14v-2a7 7 0 0 1 14 0v2M5 13h3v5H5zM16 13h3v5h-3zM19 18c0 2-2 3-5 3",
  voicemail: "M7 9a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM17 9a3.5 3.5 0 1 0 0 7 3.5 3.5 0 0 0 0-7zM7 16h10",
  callback: "M6 4h4l2 5-2.5 1.5a11 11 0 0 0 4 4L15 12l5 2v4a2 2 0 0 1-2 2A15 15 0 0 1 4 6a2 2 0 0 1 2-2zM15 7h5M18 4l-3 3 3 3",
  survey: "M12 4l2.4 5 5.6.7-4.1 3.8 1.1 5.5-5-2.8-5 2.8 1.1-5.5L4 9.700l5.600-.7z",
  receipt: "M6 3h12v18l-3-2-3 2-3-2-3 2zM9 8h6M9 12h6",
  sms: "M4 5h16v11H10l-4 4v-4H4zM8 9h8M8 12h5",
  mark: "M6 3v18M6 4h12l-3 4 3 4H6",
  hangup: "M4 15c5-5 11-5 16 0l-2 3-4-2v-2h-4v2l-4 2z",
  matter: "M4 7h6l2 2h8v10H4z",
};
const PLAIN = "M5 6h14v12H5z";

const FAMILIES = {
  say: "speaks", language: "speaks", receipt: "speaks", sms: "speaks",
  menu: "asks", collect: "asks", survey: "asks", verify: "asks",
  hours: "decides", lookup: "decides",
  mark: "decides",
  agent: "person", callback: "person", voicemail: "person",
  hangup: "ends",
};

export const family = (kind) => FAMILIES[kind] ?? "other";

export const Sign = ({ kind }) => (
  <svg className={`sign sign-${family(kind)}`} viewBox="0 0 24 24" aria-hidden="true">
    <path d={SIGNS[kind] ?? PLAIN} />
  </svg>
);
