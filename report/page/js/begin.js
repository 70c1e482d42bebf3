// The page begins.
document.querySelectorAll(".script").forEach(e => { e.hidden = false; });
$("theme").addEventListener("change", e => {
	if (e.target.value) document.documentElement.dataset.theme = e.target.value; else delete document.documentElement.dataset.theme;
	show();
});
$("themes").addEventListener("submit", e => e.preventDefault());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", show);
if ($("log")) {
	$("log").addEventListener("change", e => change({ log: e.target.checked ? "1" : "" }));
	views.push(() => { $("log").checked = state.log === "1"; });
}
addEventListener("hashchange", () => { state = read(); show(); });
state = read();
show();
addEventListener("beforeprint", () => document.querySelectorAll("details").forEach(d => { d.open = true; }));
