// The ratio of every model to the baseline in one cell: a row for each model.
if (data.charts && data.charts.panels.length) {
	const panel = choice("panel", data.charts.panels, data.charts.shown);
	views.push(() => { $("better").textContent = panel().better; });
	chart("ratios", wide => {
		const rows = panel().rows.filter(r => shown(r.model)), log = state.log === "1", n = Math.max(rows.length, 1);
		let low = Math.min(1, ...rows.map(r => r.low)), high = Math.max(1, ...rows.map(r => r.high));
		[low, high] = log ? [low / 1.08, high * 1.08] : [low - (high - low) * 0.05 - 0.01, high + (high - low) * 0.05 + 0.01];
		const ctx = document.createElement("canvas").getContext("2d");
		ctx.font = font;
		const margin = Math.min(wide * 0.4, Math.max(40, ...rows.map(r => ctx.measureText(r.name).width)) + 18);
		return {
			height: n * 22 + 74, reach: 40,
			scales: { x: { time: false, ori: 1, dir: -1, range: [-0.7, n - 0.3] }, y: { ori: 0, dir: 1, distr: log ? 3 : 1, range: [low, high] } },
			axes: [
				{ side: 3, splits: rows.map((_, i) => i), values: rows.map(r => r.name), size: margin, grid: { show: false }, ticks: { show: false } },
				{ scale: "y", side: 2, splits: ticks(low, high, log, Math.max(3, wide / 90)), values: (u, all) => all.map(plain), label: data.charts.over, size: 32 },
			],
			data: rows.length ? [rows.map((_, i) => i), rows.map(r => r.ratio)] : [[0], [null]],
			marks: rows.map((r, i) => ({ label: `${r.name}: ${r.label}`, place: u => [u.valToPos(r.ratio, "y"), u.valToPos(i, "x")] })),
			draw: u => {
				const x = v => u.valToPos(v, "y", true), y = i => u.valToPos(i, "x", true), end = 4 * devicePixelRatio;
				u.ctx.strokeStyle = themed("--faint");
				u.ctx.lineWidth = devicePixelRatio;
				u.ctx.beginPath();
				u.ctx.moveTo(x(1), u.bbox.top);
				u.ctx.lineTo(x(1), u.bbox.top + u.bbox.height);
				u.ctx.stroke();
				rows.forEach((r, i) => {
					stroke(u.ctx, r.model, 1.6, [], [[x(r.low), y(i)], [x(r.high), y(i)]]);
					for (const v of [r.low, r.high]) stroke(u.ctx, r.model, 1.2, [], [[x(v), y(i) - end], [x(v), y(i) + end]]);
					marker(u.ctx, r.model, x(r.ratio), y(i), 4);
				});
			},
		};
	});
}
