# SPDX-License-Identifier: Apache-2.0
"""A second formulation of a home's programme in Pyomo, written from the equations of docs/home_energy_model.md alone.

It shares no code with the first: temperatures and energies are free variables with separate shortfalls, import and export,
charging and discharging are always exclusive, starts and the car's on/off are always binary.
"""

from __future__ import annotations

import math

import pyomo.environ as pyo


def optimum_eur(home, outlook, weights) -> float:
    """Return the least objective of equation (9)."""
    m, terms = pyo.ConcreteModel(), []
    n, h = home.n_steps, home.step_s / 3600
    m.t = pyo.RangeSet(0, n - 1)
    base, sun = outlook.base_load_kw, -outlook.p_pv_available_kw
    drawn = weights.cost * outlook.buy_eur_per_kwh + weights.co2 * outlook.co2_g_per_kwh / 1000
    end = outlook.end_value_eur_per_kwh
    end = max(0.8 * float(drawn.mean()), 0.0) if math.isnan(end) else end
    net = [base[t] - sun[t] for t in range(n)]
    net = _pv(m, home, outlook, weights, h, sun, net, terms)
    if home.battery is not None:
        net = _battery(m, home.battery, outlook, weights, h, end, net, terms)
    if home.room is not None:
        net = _room(m, home.room, outlook, weights, h, net, terms)
    if home.tank is not None:
        net = _tank(m, home.tank, outlook, h, end, net, terms)
    if home.car is not None:
        net = _car(m, home.car, outlook, h, n, end, net, terms)
    net = _machines(m, home, outlook, h, n, end, net, terms)
    _grid(m, home, outlook, weights, h, drawn, net, terms)
    m.objective = pyo.Objective(expr=sum(terms))
    solver = pyo.SolverFactory("appsi_highs")
    solver.highs_options = {"mip_rel_gap": 0.0, "mip_abs_gap": 1e-9, "threads": 1, "primal_feasibility_tolerance": 1e-9}
    solver.highs_options |= {"mip_feasibility_tolerance": 1e-9, "dual_feasibility_tolerance": 1e-9}
    solver.solve(m)
    return float(pyo.value(m.objective))


def _pv(m, home, outlook, weights, h, sun, net, terms):
    """Curtailed power is counted like power fed in, plus the tie breaker."""
    m.cut = pyo.Var(m.t, bounds=lambda _, t: (0, float(sun[t]) if home.curtailable else 0))
    terms.append(h * sum((weights.self_consumption + 1e-4) * m.cut[t] for t in m.t))
    return [net[t] + m.cut[t] for t in m.t]


def _battery(m, battery, outlook, weights, h, end, net, terms):
    full = battery.capacity_kwh
    start, low, high = outlook.soc * full, battery.min_soc * full, battery.max_soc * full
    m.charge = pyo.Var(m.t, bounds=(0, battery.p_charge_kw))
    m.discharge = pyo.Var(m.t, bounds=(0, battery.p_discharge_kw))
    m.charging = pyo.Var(m.t, domain=pyo.Binary)
    m.energy = pyo.Var(m.t)
    m.under = pyo.Var(m.t, bounds=(0, max(low - start, 0)))
    m.over = pyo.Var(m.t, bounds=(0, max(start - high, 0)))
    before = [start, *(m.energy[t] for t in m.t)]
    m.c_energy = pyo.Constraint(
        m.t,
        rule=lambda m, t: (
            m.energy[t]
            == before[t] + h * (battery.efficiency_charge * m.charge[t] - m.discharge[t] / battery.efficiency_discharge)
        ),
    )
    m.c_low = pyo.Constraint(m.t, rule=lambda m, t: m.energy[t] + m.under[t] >= low)
    m.c_high = pyo.Constraint(m.t, rule=lambda m, t: m.energy[t] - m.over[t] <= high)
    m.c_charge = pyo.Constraint(m.t, rule=lambda m, t: m.charge[t] <= battery.p_charge_kw * m.charging[t])
    m.c_discharge = pyo.Constraint(m.t, rule=lambda m, t: m.discharge[t] <= battery.p_discharge_kw * (1 - m.charging[t]))
    wear = weights.cost * battery.wear_eur_per_kwh
    terms.append(h * sum(1e-4 * m.charge[t] + (wear + 1e-4) * m.discharge[t] + 100.0 * (m.under[t] + m.over[t]) for t in m.t))
    terms.append(-battery.efficiency_discharge * max(end - wear, 0.0) * (m.energy[m.t.last()] - start))
    return [net[t] + m.charge[t] - m.discharge[t] for t in m.t]


def _room(m, room, outlook, weights, h, net, terms):
    m.heat = pyo.Var(m.t, bounds=(0, room.p_max_kw))
    m.indoor = pyo.Var(m.t)
    m.cold, m.warm = pyo.Var(m.t, domain=pyo.NonNegativeReals), pyo.Var(m.t, domain=pyo.NonNegativeReals)
    before = [outlook.temp_indoor_degc, *(m.indoor[t] for t in m.t)]
    m.c_indoor = pyo.Constraint(
        m.t,
        rule=lambda m, t: (
            m.indoor[t]
            == room.keep * before[t]
            + room.gain_k_per_kw * m.heat[t]
            + room.leak * outlook.temp_outdoor_degc[t]
            + outlook.gain_k[t]
        ),
    )
    m.c_cold = pyo.Constraint(m.t, rule=lambda m, t: m.cold[t] >= outlook.comfort_low_degc[t] - m.indoor[t])
    m.c_warm = pyo.Constraint(m.t, rule=lambda m, t: m.warm[t] >= m.indoor[t] - outlook.comfort_high_degc[t])
    terms.append(weights.comfort * h * sum(m.cold[t] + m.warm[t] for t in m.t))
    return [net[t] + m.heat[t] for t in m.t]


def _tank(m, tank, outlook, h, end, net, terms):
    """Exact step of C dT/dt = cop p - draw - loss (T - ambient)."""
    loss, heat = tank.loss_kw_per_k, tank.kwh_per_k
    keep = math.exp(-loss * h / heat)
    gain = (1 - keep) / loss if loss > 1e-9 else h / heat
    m.boil = pyo.Var(m.t, bounds=(0, tank.p_max_kw))
    m.water = pyo.Var(m.t)
    m.short = pyo.Var(m.t, domain=pyo.NonNegativeReals)
    m.hot = pyo.Var(m.t, bounds=(0, max(outlook.temp_tank_degc - tank.high_degc, tank.ambient_degc - tank.high_degc, 0)))
    before = [outlook.temp_tank_degc, *(m.water[t] for t in m.t)]
    m.c_water = pyo.Constraint(
        m.t,
        rule=lambda m, t: (
            m.water[t] - tank.ambient_degc
            == keep * (before[t] - tank.ambient_degc) + gain * (tank.cop * m.boil[t] - outlook.draw_kw[t])
        ),
    )
    m.c_short = pyo.Constraint(m.t, rule=lambda m, t: m.short[t] >= tank.low_degc - m.water[t])
    m.c_hot = pyo.Constraint(m.t, rule=lambda m, t: m.water[t] - m.hot[t] <= tank.high_degc)
    terms.append(2.0 * h * sum(m.short[t] + m.hot[t] for t in m.t))
    terms.append(-end * heat / tank.cop * (m.water[m.t.last()] - outlook.temp_tank_degc))
    return [net[t] + m.boil[t] for t in m.t]


def _car(m, car, outlook, h, n, end, net, terms):
    wanted = min(outlook.car_wanted_kwh, car.capacity_kwh)
    most = wanted if math.isnan(outlook.car_room_kwh) else max(wanted, min(outlook.car_room_kwh, car.capacity_kwh))
    m.car = pyo.Var(m.t, bounds=(0, car.p_max_kw))
    m.car_on = pyo.Var(m.t, domain=pyo.Binary)
    m.car_short = pyo.Var(bounds=(0, wanted))
    beyond = max(outlook.car_departure - n, 0) * h * car.p_max_kw * car.efficiency
    m.car_later = pyo.Var(bounds=(0, min(beyond, wanted)))
    for t in m.t:
        if not (outlook.car_present[t] and t < outlook.car_departure):
            m.car_on[t].fix(0)
    m.c_car_most = pyo.Constraint(m.t, rule=lambda m, t: m.car[t] <= car.p_max_kw * m.car_on[t])
    m.c_car_least = pyo.Constraint(m.t, rule=lambda m, t: m.car[t] >= car.p_min_kw * m.car_on[t])
    got = h * car.efficiency * sum(m.car[t] for t in m.t)
    m.c_car = pyo.Constraint(expr=got + m.car_short + m.car_later >= wanted)
    m.c_car_room = pyo.Constraint(expr=got + m.car_short + m.car_later <= most)
    terms.append(30.0 * m.car_short + end / car.efficiency * m.car_later)
    return [net[t] + m.car[t] for t in m.t]


def _machines(m, home, outlook, h, n, end, net, terms):
    net = list(net)
    for number, machine in enumerate(home.machines):
        if not outlook.pending[number]:
            continue
        programme, latest, chosen = machine.programme_kw, outlook.latest[number], []
        for start in range(n):
            runs = range(start, min(start + len(programme), n))
            if outlook.blocked is not None and any(outlook.blocked[t] for t in runs):
                continue
            variable = pyo.Var(domain=pyo.Binary)
            m.add_component(f"start_{number}_{start}", variable)
            chosen.append(variable)
            for t in runs:
                net[t] = net[t] + programme[t - start] * variable
            cut_kwh = h * sum(programme[n - start :])
            late_h = h * (start - latest)
            terms.append(variable * (end * cut_kwh + 1e-4 * h * start + (100.0 + 5.0 * late_h if late_h > 0 else 0.0)))
        missed = pyo.Var(domain=pyo.Binary)
        m.add_component(f"missed_{number}", missed)
        terms.append(500.0 * missed)
        chosen.append(missed)
        if latest >= n:
            wait = pyo.Var(domain=pyo.Binary)
            m.add_component(f"wait_{number}", wait)
            terms.append(wait * (end * h * sum(programme) + 1e-4 * h * n))
            chosen.append(wait)
        m.add_component(f"c_machine_{number}", pyo.Constraint(expr=sum(chosen) == 1))
    return net


def _grid(m, home, outlook, weights, h, drawn, net, terms):
    """Import or export, and what only a load or a PV system that nobody can plan may force beyond the limits."""
    most_in = [home.import_limit_kw] * home.n_steps if outlook.import_limit_kw is None else outlook.import_limit_kw
    most_out = [home.export_limit_kw] * home.n_steps if outlook.export_limit_kw is None else outlook.export_limit_kw
    base, sun = outlook.base_load_kw, -outlook.p_pv_available_kw
    fed = weights.cost * outlook.feed_in_eur_per_kwh - weights.self_consumption
    doubt = [weights.doubt_eur_per_kwh * (home.n_steps - t) / home.n_steps for t in m.t]
    m.drawn = pyo.Var(m.t, bounds=lambda _, t: (0, min(float(most_in[t]), home.import_limit_kw)))
    m.fed = pyo.Var(m.t, bounds=lambda _, t: (0, min(float(most_out[t]), home.export_limit_kw)))
    m.more_in = pyo.Var(m.t, bounds=lambda m, t: (0, max(float(base[t]) - m.drawn[t].ub, 0)))
    forced = [0.0 if home.curtailable else float(sun[t]) for t in m.t]
    m.more_out = pyo.Var(m.t, bounds=lambda m, t: (0, max(forced[t] - float(base[t]) - m.fed[t].ub, 0)))
    m.importing = pyo.Var(m.t, domain=pyo.Binary)
    m.c_in = pyo.Constraint(m.t, rule=lambda m, t: m.drawn[t] <= home.import_limit_kw * m.importing[t])
    m.c_out = pyo.Constraint(m.t, rule=lambda m, t: m.fed[t] <= home.export_limit_kw * (1 - m.importing[t]))
    m.c_balance = pyo.Constraint(m.t, rule=lambda m, t: m.drawn[t] + m.more_in[t] - m.fed[t] - m.more_out[t] == net[t])
    if home.battery is not None and not home.battery_may_export:
        m.c_green = pyo.Constraint(
            m.t, rule=lambda m, t: m.fed[t] + m.more_out[t] <= float(sun[t]) - m.cut[t] + max(-float(base[t]), 0.0)
        )
    terms.append(h * sum((float(drawn[t]) + doubt[t]) * (m.drawn[t] + m.more_in[t]) for t in m.t))
    terms.append(-h * sum((float(fed[t]) - doubt[t]) * (m.fed[t] + m.more_out[t]) for t in m.t))
    terms.append(h * 1000.0 * sum(m.more_in[t] + m.more_out[t] for t in m.t))
