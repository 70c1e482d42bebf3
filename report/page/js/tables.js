// Tables sort by each column. The number of a cell is the first number in it, scaled by its unit; cells without a number come last.
const scales = { ns: 1, "µs": 1e3, ms: 1e6, s: 1e9, min: 60e9 };
const number = text => {
	const plain = text.replace(/[\u00a0\u202f]/g, " ").replace(/(\d),(?=\d{3})/g, "$1").trim();
	if (plain.startsWith("same within")) return 1; // a ratio
	const range = /^[~?] \(([\d.]+)–([\d.]+)\)$/.exec(plain);
	if (range) return Math.sqrt(range[1] * range[2]);
	const found = /^(?:[≥~<] ?)?(-?\d+(?:\.\d+)?)( of \d)?/.exec(plain);
	if (!found || found[2]) return null; // "2 of 64 served" is not a figure
	const unit = /^[\d.]*(?:–[\d.]+)? ?(ns|µs|ms|s|min)(?: |–|$)/.exec(plain.replace(/^[≥~<] ?/, ""));
	return found[1] * (unit ? scales[unit[1]] : 1);
};
const compare = (a, b, down) => {
	const [x, y] = [number(a), number(b)];
	if (x !== null && y !== null) return down ? y - x : x - y;
	if (x !== null || y !== null) return x !== null ? -1 : 1;
	if (!a !== !b) return a ? -1 : 1;
	return a.localeCompare(b, "en") * (down ? -1 : 1);
};
for (const table of document.querySelectorAll(".part table")) {
	const heads = [...table.tHead.rows[0].cells], body = table.tBodies[0], rows = [...body.rows], seen = {};
	const names = heads.map(h => { // the second column of the same name gets a number
		const text = h.textContent;
		seen[text] = (seen[text] || 0) + 1;
		return seen[text] > 1 ? `${text} ${seen[text]}` : text;
	});
	heads.forEach((head, i) => {
		const button = document.createElement("button");
		button.type = "button";
		button.append(...head.childNodes);
		head.append(button);
		button.addEventListener("click", () => change({ sort: { [names[i]]: "-" + names[i], ["-" + names[i]]: "" }[state.sort] ?? names[i] }));
	});
	views.push(() => {
		const sort = state.sort || "", down = sort.startsWith("-") && names.includes(sort.slice(1)), column = names.indexOf(down ? sort.slice(1) : sort);
		heads.forEach((head, i) => { if (i === column) head.setAttribute("aria-sort", down ? "descending" : "ascending"); else head.removeAttribute("aria-sort"); });
		const text = row => row.cells[column]?.textContent.trim() ?? "";
		body.append(...(column < 0 ? rows : rows.toSorted((a, b) => compare(text(a), text(b), down))));
	});
}
