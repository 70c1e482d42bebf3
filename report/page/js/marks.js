// How models are drawn, and which are hidden.
const models = data.charts ? data.charts.models : [];
const hidden = () => new Set((state.hide || "").split(",").filter(Boolean).map(name => { try { return decodeURIComponent(name); } catch { return name; } }));
const shown = model => !hidden().has(models[model].name);
const dark = () => (document.documentElement.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";
const ink = model => models[model][dark() ? "dark" : "light"];
const themed = name => { // a colour of the page, for a canvas
	const probe = make(document.body, "i", { class: "unseen" });
	probe.style.color = `var(${name})`;
	const found = getComputedStyle(probe).color;
	probe.remove();
	return found;
};
const outline = (model, x, y, radius) => models[model].corners.map(([a, b]) => [x + a * radius, y - b * radius]);

if (data.charts) {
	const drawn = new Set([...data.charts.curves.map(c => c.model), ...[...data.charts.panels, ...data.charts.times].flatMap(p => (p.rows || p.tails).map(r => r.model))]);
	const buttons = [...drawn].sort((a, b) => a - b).map(model => {
		const button = make($("models"), "button", { type: "button" });
		const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
		svg.setAttribute("viewBox", "0 0 34 14");
		svg.setAttribute("aria-hidden", "true");
		const part = (name, attributes) => {
			const e = document.createElementNS(svg.namespaceURI, name);
			for (const key in attributes) e.setAttribute(key, attributes[key]);
			svg.append(e);
			return e;
		};
		const way = part("line", { x1: 1, x2: 33, y1: 7, y2: 7, "stroke-width": 2, "stroke-dasharray": (models[model].dash || []).join(" ") });
		const mark = part("polygon", { points: outline(model, 17, 7, 5).join(" "), "stroke-width": 1.5 });
		button.append(svg, models[model].name);
		button.addEventListener("click", () => {
			const names = hidden(), name = models[model].name;
			if (!names.delete(name)) names.add(name);
			change({ hide: [...names].map(encodeURIComponent).join(",") });
		});
		return () => {
			button.setAttribute("aria-pressed", shown(model));
			way.style.stroke = mark.style.stroke = ink(model);
			mark.style.fill = models[model].hollow ? "var(--paper)" : ink(model);
		};
	});
	const all = make($("models"), "button", { type: "button", id: "all" }, data.words.all);
	all.addEventListener("click", () => change({ hide: "" }));
	views.push(() => buttons.forEach(paint => paint()));
}
