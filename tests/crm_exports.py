"""One firm's deals as CRMs write them: their headings, their words, their dates, their files.

Each export is the end of the bundled one, whose truth is known: `the_deals()`.
"""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping
from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd

from funnelsim.datasets import load_crm_deals

END = pd.Timestamp("2026-07-05 23:59")
STAGES = ("new", "qualified", "proposal", "won", "lost")


class Written(NamedTuple):
    """A file, what it says of its CRM and its money, and how many stages have a time."""

    name: str
    content: bytes
    vendor: str = ""
    currency: str | None = None
    stages: int = 2


@cache
def the_deals() -> pd.DataFrame:
    """The last 1,500 deals: as bundled, with the stage of today and a close that is expected."""
    deals = load_crm_deals().tail(1_500).reset_index(drop=True)
    deals["closed"] = deals["won"].fillna(deals["lost"])
    ahead = pd.Series(END + pd.to_timedelta(np.arange(len(deals)) % 60 + 1, unit="D"))
    deals["expected"] = deals["closed"].fillna(ahead)
    reached = np.select(
        [deals["proposal"].notna(), deals["qualified"].notna()], ["proposal", "qualified"], "new"
    )
    deals["stage"] = deals["outcome"].where(deals["outcome"] != "open", pd.Series(reached))
    deals["deal_value"] = deals["deal_value"].fillna(0.0)
    return deals


def dates(column: str, form: str, missing: str = "") -> list[str]:
    return [missing if pd.isna(t) else t.strftime(form) for t in the_deals()[column]]


def words(*said: str) -> list[str]:
    """What the stages of today are called, in the order of STAGES."""
    return list(the_deals()["stage"].map(dict(zip(STAGES, said, strict=True))))


def amounts(form: Callable[[float], str] = lambda value: f"{value:.2f}") -> list[str]:
    return [form(value) for value in the_deals()["deal_value"]]


def comma(value: float) -> str:
    """1.234,50"""
    return f"{value:,.2f}".translate(str.maketrans(",.", ".,"))


def csv(
    columns: Mapping[str, object], sep: str = ",", encoding: str = "utf-8", above: str = ""
) -> bytes:
    return (above + pd.DataFrame(columns).to_csv(index=False, sep=sep)).encode(encoding)


def workbook(columns: Mapping[str, object]) -> bytes:
    """An .xlsx, with dates as spreadsheets hold them."""
    buffer = io.BytesIO()
    pd.DataFrame(columns).to_excel(buffer, index=False)
    return buffer.getvalue()


@cache
def exports() -> dict[str, Written]:
    return _of_vendors() | _in_languages() | _of_other_shapes()


def _of_vendors() -> dict[str, Written]:
    d, n = the_deals(), len(the_deals())
    long, day = "%Y-%m-%d %H:%M:%S", "%Y-%m-%d"
    entered = {stage: f'Date entered "{stage} (Sales)"'
               for stage in ("Discovery", "Quote sent", "Closed Won", "Closed Lost")}  # fmt: skip
    return {
        "HubSpot": Written("hubspot.csv", csv({
            "Record ID": range(n), "Deal Name": "x", "Pipeline": "Sales", "Deal owner": d["owner"],
            "Deal Stage": words("Lead", "Discovery", "Quote sent", "Closed Won", "Closed Lost"),
            "Amount": amounts(), "Create Date": dates("created", "%Y-%m-%d %H:%M"),
            "Close Date": dates("expected", "%Y-%m-%d %H:%M"),
            "Last Activity Date": dates("expected", "%Y-%m-%d %H:%M"),
            entered["Discovery"]: dates("qualified", "%Y-%m-%d %H:%M"),
            entered["Quote sent"]: dates("proposal", "%Y-%m-%d %H:%M"),
            'Date exited "Discovery (Sales)"': dates("proposal", "%Y-%m-%d %H:%M"),
            entered["Closed Won"]: dates("won", "%Y-%m-%d %H:%M"),
            entered["Closed Lost"]: dates("lost", "%Y-%m-%d %H:%M"),
            "Closed Lost Reason": d["lost_reason"], "Original Source Type": d["channel"],
        }), "HubSpot", stages=4),
        "Salesforce": Written("salesforce.csv", csv({
            "Opportunity ID": [f"006{i:012d}" for i in range(n)], "Opportunity Name": "o",
            "Account Name": "a", "Opportunity Owner": d["owner"],
            "Stage": words("Prospecting", "Qualification", "Proposal/Price Quote", "Closed Won",
                           "Closed Lost"),
            "Amount": [f"USD {value:,.2f}" for value in d["deal_value"]],
            "Probability (%)": 20, "Close Date": dates("expected", "%m/%d/%Y"),
            "Created Date": dates("created", "%m/%d/%Y"), "Lead Source": d["channel"],
            "Last Modified Date": dates("expected", "%m/%d/%Y"), "Next Step": "",
        }), "Salesforce", "USD"),
        "Pipedrive": Written("pipedrive.csv", csv({
            "Deal - ID": range(n), "Deal - Title": "t", "Deal - Value": amounts(),
            "Deal - Currency of Value": "GBP", "Deal - Owner": d["owner"],
            "Deal - Stage": words("In", "Talk", "Offer", "Offer", "Talk"),
            "Deal - Status": words("Open", "Open", "Open", "Won", "Lost"),
            "Deal - Deal created": dates("created", long), "Deal - Won time": dates("won", long),
            "Deal - Lost time": dates("lost", long), "Deal - Lost reason": d["lost_reason"],
            "Deal - Last stage change": dates("proposal", long),
            "Deal - Expected close date": dates("expected", day),
        }), "Pipedrive", "GBP"),
        "Zoho": Written("zoho.csv", csv({
            "Record Id": [f"zcrm_{i}" for i in range(n)], "Deal Name": "d", "Amount": amounts(),
            "Stage": words("Qualification", "Needs Analysis", "Negotiation/Review", "Closed Won",
                           "Closed Lost to Competition"),
            "Closing Date": dates("expected", day), "Created Time": dates("created", long),
            "Modified Time": dates("expected", long), "Deal Owner": d["owner"],
            "Lead Source": d["channel"], "Reason For Loss": d["lost_reason"],
        }), "Zoho"),
        "Dynamics": Written("dynamics.xlsx", workbook({
            "Topic": "t", "Potential Customer": "c", "Est. Close Date": d["expected"].dt.floor("D"),
            "Est. Revenue": d["deal_value"], "Actual Close Date": d["closed"].dt.floor("D"),
            "Status": words("Open", "Open", "Open", "Won", "Lost"),
            "Status Reason": words("In Progress", "In Progress", "On Hold", "Won", "Out-Sold"),
            "Created On": d["created"], "Modified On": d["expected"], "Owner": d["owner"],
        }), "Dynamics"),
        "Odoo": Written("odoo.xlsx", workbook({
            "Opportunity": "o", "Created on": d["created"], "Closed Date": d["closed"],
            "Expected Revenue": d["deal_value"], "Salesperson": d["owner"], "Sales Team": "Europe",
            "Stage": words("New", "Qualified", "Proposition", "Won", "Lost"),
            "Expected Closing": d["expected"], "Probability": 10.5, "Source": d["channel"],
        }), "Odoo"),
        "Bitrix24": Written("bitrix.csv", csv({
            "ID": range(n), "Название сделки": "Сделка", "Тип сделки": "Продажа",
            "Стадия сделки": words("Новая", "Квалификация", "Счёт", "Сделка успешна",
                                   "Сделка провалена"),
            "Сумма": amounts(), "Валюта": "Российский рубль", "Ответственный": d["owner"],
            "Дата создания": dates("created", "%d.%m.%Y %H:%M:%S"), "Источник": d["channel"],
            "Дата изменения": dates("expected", "%d.%m.%Y %H:%M:%S"),
            "Предполагаемая дата закрытия": dates("expected", "%d.%m.%Y"),
        }, ";", "cp1251"), "Bitrix24", "RUB"),
        "amoCRM": Written("amocrm.csv", csv({
            "ID": range(n), "Название сделки": "s", "Ответственный": d["owner"],
            "Этап сделки": words("Первичный контакт", "Переговоры", "Согласование договора",
                                 "Успешно реализовано", "Закрыто и не реализовано"),
            "Воронка": "Воронка", "Бюджет": [int(v) for v in d["deal_value"]],
            "Дата создания сделки": dates("created", "%d.%m.%Y %H:%M:%S"),
            "Дата закрытия": dates("closed", "%d.%m.%Y %H:%M:%S", "не закрыта"),
            "Причина отказа": d["lost_reason"], "Источник": d["channel"],
        }), "amoCRM"),
        "1C": Written("one_c.csv", csv({
            "Номер": [f"0000-{i:06d}" for i in range(n)], "Дата": dates("created", "%d.%m.%Y"),
            "Контрагент": "ООО", "Организация": "Мы", "Ответственный": d["owner"],
            "Состояние": words("В работе", "В работе", "В работе", "Выиграна", "Проиграна"),
            "Дата окончания": dates("closed", "%d.%m.%Y"), "Причина проигрыша": d["lost_reason"],
            "Сумма документа": amounts(blanks),
        }, "\t", "utf-16"), "1C"),
        "Freshsales": Written("freshsales.csv", csv({
            "Id": range(n), "Name": "d", "Deal value": amounts(lambda v: f"${v:,.0f}"),
            "Deal stage": words("New", "Discovery", "Negotiation", "Won", "Lost"),
            "Deal type": "New business", "Sales owner": d["owner"], "Source": d["channel"],
            "Created at": [f"{t} UTC" for t in dates("created", long)],
            "Closed date": dates("closed", day), "Expected close": dates("expected", day),
        }), "Freshsales", "USD"),
        "Frappe": Written("frappe.csv", csv({
            "ID": [f"CRM-OPP-2026-{i:05d}" for i in range(n)], "Opportunity From": "Lead",
            "Party": "p", "Status": words("Open", "Replied", "Quotation", "Won", "Lost"),
            "Sales Stage": words("Prospect", "Qualification", "Proposal", "Proposal", "Proposal"),
            "Opportunity Date": dates("created", "%d-%m-%Y"), "Opportunity Owner": d["owner"],
            "Closed Date": dates("closed", "%d-%m-%Y"), "Currency": "INR",
            "Expected Closing": dates("expected", "%d-%m-%Y"),
            "Opportunity Amount": amounts(in_lakhs),
        }), "Frappe", "INR"),
    }  # fmt: skip


def blanks(value: float) -> str:
    """1 234,50"""
    return f"{value:,.2f}".replace(",", "\xa0").replace(".", ",")


def in_lakhs(value: float) -> str:
    """1,00,000.00"""
    whole, cents = f"{value:.2f}".split(".")
    head, tail = whole[:-3], whole[-3:]
    parts = [head[max(i - 2, 0) : i] for i in range(len(head), 0, -2)][::-1]
    return ",".join([*parts, tail]) + f".{cents}"


LANGUAGES = {  # number, created, closed, outcome, its words, amount, owner, source, reason
    "German": (
        ("Nr.", "Angelegt am", "Abgeschlossen am", "Phase", "Auftragswert (€)", "Zuständig",
         "Herkunft", "Verlustgrund", "Zuletzt geändert am", "Erwarteter Abschluss"),
        ("Neu", "Qualifiziert", "Angebot", "Gewonnen", "Verloren"), "%d.%m.%Y", "cp1252", "EUR",
    ),
    "French": (
        ("N°", "Créée le", "Date de clôture", "Étape", "Montant HT (€)", "Commercial", "Origine",
         "Motif de perte", "Dernière modification", "Clôture prévue"),
        ("Nouveau", "Qualifié", "Devis", "Gagnée", "Perdue"), "%d/%m/%Y", "cp1252", "EUR",
    ),
    "Spanish": (
        ("Número", "Fecha de creación", "Fecha de cierre", "Estado", "Importe (€)", "Propietario",
         "Origen", "Motivo de pérdida", "Última modificación", "Cierre previsto"),
        ("Nueva", "Cualificada", "Propuesta", "Ganada", "Perdida"), "%d/%m/%Y", "utf-8", "EUR",
    ),
    "Portuguese": (
        ("Código", "Data de criação", "Data de fechamento", "Situação", "Valor (R$)", "Responsável",
         "Origem", "Motivo da perda", "Última atualização", "Fechamento previsto"),
        ("Nova", "Qualificada", "Proposta", "Ganha", "Perdida"), "%d/%m/%Y", "utf-8", "BRL",
    ),
    "Italian": (
        ("Codice", "Data creazione", "Data chiusura", "Stato", "Importo (€)", "Venditore", "Fonte",
         "Motivo perdita", "Ultima modifica", "Chiusura prevista"),
        ("Nuova", "Qualificata", "Offerta", "Vinta", "Persa"), "%d/%m/%Y", "utf-8", "EUR",
    ),
    "Polish": (
        ("Numer", "Data utworzenia", "Data zamknięcia", "Etap", "Kwota (PLN)", "Opiekun", "Źródło",
         "Powód utraty", "Data ostatniej zmiany", "Planowana data zamknięcia"),
        ("Nowa", "Kwalifikacja", "Oferta", "Wygrana", "Przegrana"), "%d.%m.%Y", "cp1250", "PLN",
    ),
    "Russian": (
        ("№", "Создана", "Закрыта", "Этап", "Сумма, руб.", "Менеджер", "Откуда", "Причина отказа",
         "Последнее изменение", "Ожидаемая дата закрытия"),
        ("Новая", "Квалификация", "Предложение", "Выиграна", "Отказ"), "%d.%m.%Y", "utf-8", "RUB",
    ),
    "Ukrainian": (
        ("Номер", "Дата створення", "Дата закриття", "Стадія", "Сума, грн", "Відповідальний",
         "Джерело", "Причина відмови", "Остання зміна", "Очікувана дата закриття"),
        ("Нова", "Кваліфікація", "Пропозиція", "Виграна", "Програна"), "%d.%m.%Y", "utf-8", "UAH",
    ),
    "Chinese": (
        ("商机编号", "创建时间", "结单日期", "销售阶段", "商机金额(元)", "负责人", "线索来源",
         "输单原因", "最后修改时间", "预计成交日期"),
        ("初步接洽", "需求确认", "方案报价", "赢单", "输单"), "%Y/%m/%d", "gb18030", "CNY",
    ),
}  # fmt: skip


def _in_languages() -> dict[str, Written]:
    d, found = the_deals(), {}
    for language, (heads, said, form, encoding, currency) in LANGUAGES.items():
        number, created, closed, outcome, value, owner, source, reason, changed, expected = heads
        english = language == "Chinese"
        content = csv({
            number: [f"A-{i}" for i in range(len(d))], outcome: words(*said),
            created: dates("created", form), changed: dates("expected", form),
            expected: dates("expected", form), closed: dates("closed", form),
            value: amounts() if english else amounts(comma), owner: d["owner"],
            source: d["channel"], reason: d["lost_reason"],
        }, "," if english else ";", encoding)  # fmt: skip
        found[language] = Written(f"{language}.csv", content, "", currency)
    return found


def _of_other_shapes() -> dict[str, Written]:
    d, columns = the_deals(), list(zip(("created", *STAGES[1:]), STAGES, strict=True))
    parts = [pd.DataFrame({"deal_id": d["lead_id"], "stage": stage, "changed_at": d[column],
                           "amount": d["deal_value"]})[d[column].notna()]
             for column, stage in columns]  # fmt: skip
    log = pd.concat(parts).sort_values("changed_at", kind="stable")
    wide = d[["lead_id", "created", "qualified", "proposal", "won", "lost", "outcome", "channel",
              "deal_value"]]  # fmt: skip
    titled = csv(wide, above="All deals\nFrom 2025 to 2026\n\n") + b"Total,,,,,,,,\n"
    return {
        "log": Written("log.csv", csv(log), stages=4),
        "log in Excel": Written("log.xlsx", workbook(log), stages=4),
        "titles and totals": Written("titled.csv", titled, stages=4),
    }
