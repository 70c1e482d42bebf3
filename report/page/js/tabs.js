// Tabs show one panel at a time.
for (const [n, group] of document.querySelectorAll(".tabs").entries()) {
	const panels = [...group.children], name = group.dataset.name;
	if (panels.length < 2) continue;
	const list = document.createElement("div");
	group.prepend(list);
	list.setAttribute("role", "tablist");
	list.setAttribute("aria-label", data.words[name]);
	const tabs = panels.map((panel, i) => {
		panel.id = `panel-${n}-${i}`;
		const tab = make(list, "button", { type: "button", role: "tab", id: `tab-${n}-${i}`, "aria-controls": panel.id }, panel.dataset.label);
		panel.setAttribute("role", "tabpanel");
		panel.setAttribute("aria-labelledby", tab.id);
		return tab;
	});
	const first = Math.max(0, panels.findIndex(p => "main" in p.dataset));
	const choose = i => change(name === "scenario" ? { scenario: i === first ? "" : panels[i].dataset.key, cell: "" } : { cell: i === first ? "" : panels[i].dataset.key });
	tabs.forEach((tab, i) => {
		tab.addEventListener("click", () => choose(i));
		tab.addEventListener("keydown", e => {
			const to = { ArrowLeft: i - 1, ArrowRight: i + 1, Home: 0, End: tabs.length - 1 }[e.key];
			if (to === undefined || e.altKey || e.ctrlKey || e.metaKey) return;
			e.preventDefault();
			const next = (to + tabs.length) % tabs.length;
			choose(next);
			tabs[next].focus();
		});
	});
	views.push(() => {
		const found = panels.findIndex(p => p.dataset.key === state[name]), shown = found < 0 ? first : found;
		panels.forEach((panel, i) => {
			panel.hidden = i !== shown;
			tabs[i].setAttribute("aria-selected", i === shown);
			tabs[i].tabIndex = i === shown ? 0 : -1;
		});
	});
}
