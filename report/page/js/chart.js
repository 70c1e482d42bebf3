// What the charts share. A chart is made again whenever its content changes; the pointer and the arrow keys find its marks, each { label, place }.
const ticks = (low, high, log, most) => {
	const found = [];
	if (log) {
		for (const steps of [[1, 1.2, 1.5, 2, 3, 4, 5, 6, 8], [1, 1.5, 2, 3, 5, 7], [1, 2, 5], [1]]) {
			found.length = 0;
			for (let decade = 10 ** Math.floor(Math.log10(low)); decade <= high; decade *= 10) {
				for (const step of steps) if (step * decade >= low * 0.9999 && step * decade <= high * 1.0001) found.push(+(step * decade).toPrecision(3));
			}
			if (found.length <= most) break;
		}
		return found;
	}
	const rough = (high - low) / most, power = 10 ** Math.floor(Math.log10(rough)), step = [1, 2, 5, 10].map(n => n * power).find(n => n >= rough);
	for (let i = Math.ceil(low / step); i * step <= high * 1.0001; i++) found.push(+(i * step).toPrecision(6));
	return found;
};
const plain = v => v.toLocaleString("en", { maximumSignificantDigits: 3 });

// The range of an axis of values from low to high.
const range = (low, high, log) => !(high > 0) ? [1, 10] : log ? [low / 1.15, high * 1.15] : [0, high * 1.04];

// choice returns a function that returns the panel chosen in the select of that id. The address keeps the choice, unless it is the first one's key.
const choice = (id, panels, first) => {
	$(id).addEventListener("change", e => change({ [id]: e.target.value === first ? "" : e.target.value }));
	const chosen = () => panels.find(p => p.key === state[id]) || panels.find(p => p.key === first);
	views.push(() => { $(id).value = chosen().key; });
	return chosen;
};

const font = "12px system-ui, sans-serif";
const chart = (id, options) => {
	const root = $(id);
	root.setAttribute("aria-label", data.words[id]);
	root.setAttribute("role", "group");
	let plot = null, marks = [], at = -1;
	const tip = make(root, "p", { class: "tip", role: "status" });
	const spot = make(root, "i", { class: "spot" }); // rings the mark that the tip describes
	tip.hidden = spot.hidden = true;
	const point = i => {
		at = i;
		tip.hidden = spot.hidden = i < 0;
		if (i < 0) return;
		const [x, y] = marks[i].place(plot), wide = root.clientWidth;
		tip.textContent = marks[i].label;
		spot.style.left = `${plot.over.offsetLeft + x}px`;
		spot.style.top = `${plot.over.offsetTop + y}px`;
		tip.style.top = `${plot.over.offsetTop + y + 14}px`;
		tip.style.left = `${Math.max(0, Math.min(plot.over.offsetLeft + x + 8, wide - tip.offsetWidth - 2))}px`;
	};
	const nearest = (left, top, reach) => {
		let best = -1, least = reach;
		marks.forEach((m, i) => {
			const [x, y] = m.place(plot), far = Math.hypot(x - left, y - top);
			if (far < least) [best, least] = [i, far];
		});
		return best;
	};
	const build = () => {
		if (plot) plot.destroy();
		const faint = themed("--faint"), hair = themed("--hair");
		const o = options(root.clientWidth || 320);
		marks = o.marks;
		point(-1);
		for (const axis of o.axes) Object.assign(axis, { stroke: faint, font, labelFont: font, labelSize: 22, grid: { stroke: hair, width: 1 }, ticks: { stroke: hair, width: 1 }, filter: (u, splits) => splits, ...axis });
		plot = new uPlot({
			width: root.clientWidth || 320, height: o.height, scales: o.scales, axes: o.axes, series: o.data.map(() => ({ paths: () => null, points: { show: false } })),
			legend: { show: false }, cursor: { x: false, y: false, points: { show: false }, drag: { x: false, y: false } },
			hooks: {
				draw: [u => { u.ctx.save(); u.ctx.beginPath(); u.ctx.rect(u.bbox.left - 8, u.bbox.top - 8, u.bbox.width + 16, u.bbox.height + 16); u.ctx.clip(); o.draw(u); u.ctx.restore(); }],
				setCursor: [u => { if (u === plot) point(u.cursor.left < 0 ? -1 : nearest(u.cursor.left, u.cursor.top, o.reach)); }],
			},
		}, o.data, root);
	};
	root.addEventListener("keydown", e => {
		const way = { ArrowLeft: -1, ArrowUp: -1, ArrowRight: 1, ArrowDown: 1 }[e.key];
		if (e.key === "Escape") point(-1);
		if (!way || !marks.length || e.altKey || e.ctrlKey || e.metaKey) return;
		e.preventDefault();
		point(at < 0 ? (way > 0 ? 0 : marks.length - 1) : (at + way + marks.length) % marks.length);
	});
	root.addEventListener("blur", () => point(-1));
	let width = 0;
	new ResizeObserver(() => { if (root.clientWidth !== width) { width = root.clientWidth; build(); } }).observe(root);
	views.push(build);
};

// A whisker with its end strokes, a line, and a marker, in pixels of the canvas.
const stroke = (ctx, model, width, dash, points) => {
	ctx.strokeStyle = ink(model);
	ctx.lineWidth = width * devicePixelRatio;
	ctx.setLineDash((dash || []).map(d => d * devicePixelRatio));
	ctx.beginPath();
	points.forEach(([x, y], i) => i ? ctx.lineTo(x, y) : ctx.moveTo(x, y));
	ctx.stroke();
	ctx.setLineDash([]);
};
const marker = (ctx, model, x, y, radius) => {
	ctx.beginPath();
	outline(model, x, y, radius * devicePixelRatio).forEach(([a, b], i) => i ? ctx.lineTo(a, b) : ctx.moveTo(a, b));
	ctx.closePath();
	ctx.fillStyle = models[model].hollow ? themed("--paper") : ink(model);
	ctx.fill();
	ctx.strokeStyle = ink(model);
	ctx.lineWidth = 1.2 * devicePixelRatio;
	if (models[model].hollow) ctx.stroke();
};
