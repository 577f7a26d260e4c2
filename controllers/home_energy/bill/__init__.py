# SPDX-License-Identifier: Apache-2.0
"""Bill check (PUC01.03): a supplier's bill against the measured energy and the contract, line by line.

>>> from controllers.home_energy.bill import check_bill, read_bill, Contract, ContractTerms, Measured, PriceSteps
"""

from controllers.home_energy.bill.check import check_bill
from controllers.home_energy.bill.contract import Contract, ContractTerms, Dated, PriceSteps
from controllers.home_energy.bill.document import Bill, Item, Line
from controllers.home_energy.bill.measured import Flow, Measured
from controllers.home_energy.bill.reading import read_bill
from controllers.home_energy.bill.verdicts import BillCheck, LineCheck, Omission, Verdict

__all__ = [
    "Bill",
    "BillCheck",
    "Contract",
    "ContractTerms",
    "Dated",
    "Flow",
    "Item",
    "Line",
    "LineCheck",
    "Measured",
    "Omission",
    "PriceSteps",
    "Verdict",
    "check_bill",
    "read_bill",
]
