// The pages there are, in the order of the bar. A page is a module in pages/ that exports `Page`; it is loaded when it is
// opened. Its address is / for the first and /dash/NAME for the others.

export const PAGES = [{ name: "today", title: "Today", path: "/", load: () => import("./pages/today.js") }];
