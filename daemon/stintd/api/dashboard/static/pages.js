// The list of pages, in the order of the bar. A page is a module in pages/ that exports `Page`; it is loaded when the page is
// opened. The address of the first page is /, that of the others is /dash/NAME.

export const PAGES = [
  { name: "today", title: "Today", path: "/", load: () => import("./pages/today.js") },
  { name: "week", title: "Week", path: "/dash/week", load: () => import("./pages/week.js") },
  { name: "review", title: "Review", path: "/dash/review", load: () => import("./pages/review.js") },
  { name: "reports", title: "Reports", path: "/dash/reports", load: () => import("./pages/reports.js") },
  { name: "projects", title: "Projects", path: "/dash/projects", load: () => import("./pages/projects.js") },
  { name: "targets", title: "Targets", path: "/dash/targets", load: () => import("./pages/targets.js") },
];
