// Response times by percentile, a curve for each model. Every further nine (90 %, 99 %, 99.9 %) is a step.
if (data.charts && data.charts.times.length) {
	const times = data.charts.times, chosen = choice("times", times, times[0].key), nines = share => -Math.log10(1 - share);
	const duration = ns => {
		const unit = Object.keys(scales).findLast(unit => scales[unit] <= ns);
		return unit ? `${plain(ns / scales[unit])}\u00a0${unit}` : "0";
	};
	views.push(() => { for (const part of ["title", "subtitle", "caption"]) $("times-" + part).textContent = chosen()[part]; });
	chart("percentiles", wide => {
		const all = chosen().tails.filter(t => shown(t.model)), points = all.flatMap(t => t.points), log = state.log === "1";
		const [low, high] = range(Math.min(...points.map(p => p.ns)), Math.max(...points.map(p => p.ns)), log);
		const [first, last] = [0.5, Math.max(0.99, ...points.map(p => p.share))].map(nines), narrow = (wide - 90) / (last - first) < 170; // pixels of a nine
		const percents = [50, 75, 90, 95, 99, 99.5, 99.9, 99.99, 99.999].filter(p => nines(p / 100) < last + 0.01 && !(narrow && [75, 95, 99.5].includes(p)));
		return {
			height: Math.max(320, Math.min(520, wide * 0.6)), reach: 28,
			scales: { x: { time: false, range: [first, last + 0.06] }, y: { distr: log ? 3 : 1, range: [low, high] } },
			axes: [
				{ splits: percents.map(p => nines(p / 100)), values: percents.map(p => `${p}\u00a0%`), label: chosen().x, size: 32 },
				{ splits: ticks(low, high, log, 8), values: (u, all) => all.map(duration), size: 70 },
			],
			data: [[first, last], [null, null]],
			marks: all.flatMap(t => t.points.filter(p => p.label).map(p => ({ label: `${models[t.model].name}: ${p.label}`, place: u => [u.valToPos(nines(p.share), "x"), u.valToPos(p.ns, "y")] }))),
			draw: u => {
				const at = p => [u.valToPos(nines(p.share), "x", true), u.valToPos(p.ns, "y", true)];
				for (const t of all) stroke(u.ctx, t.model, 1.8, models[t.model].dash, t.points.map(at));
				for (const t of all) for (const p of t.points) if (p.label) marker(u.ctx, t.model, ...at(p), 4.5);
			},
		};
	});
}
