"""A small bank with its tests, a script and data, which the tests of the front door work on."""

BANK = """\
contract Bank version 1

role Treasury, Branch

lifecycle Progress
  Asked -> Paid | Lapsed
  Paid, Lapsed

record Account[number: Text]
  holder: Branch
  balance: Balance of CNY

record Order[id: Serial]
  payer: Account
  payee: Account
  amount: Amount of CNY
  progress: Progress

event Opened(account: Account)

clause fund(account: Account, amount: Amount of CNY)
  issue amount to account.balance

action open(number: Text): Account
  by Branch as holder
  let account = create Account(number: number, holder: holder)
  emit Opened(account)
  give account

action deposit(account: Account, amount: Amount of CNY)
  by Treasury
  fund(account, amount)

action withdraw(account: Account, amount: Amount of CNY)
  by account.holder and Treasury
  retire amount from account.balance

action ask(payer: Account, payee: Account, amount: Amount of CNY): Order
  by payee.holder
  give create Order(payer: payer, payee: payee, amount: amount)

action pay(order: Order in Asked)
  by order.payer.holder
  require order.amount <= 1_000 CNY else TOO_MUCH "order {order.id} is too large"
  move order.amount from order.payer.balance to order.payee.balance
  order.progress becomes Paid

when order: Order has been Asked for 2 days
  order.progress becomes Lapsed
"""

BANK_TEST = """\
use Bank

test "an order is paid"
  at 2026-01-05T09:00Z
  let treasury = Treasury("Treasury")
  let east = Branch("East")
  let west = Branch("西")
  east does open("甲-1")
  west does open("b-2")
  treasury does deposit("甲-1", 500 CNY)
  let order = west does ask("甲-1", "b-2", 100 CNY)
  east does pay(order)
  expect order.progress is Paid
  expect count(o for o in Opened) == 2
"""

FAILING_TEST = """\
use Bank

test "money stays where it was"
  at 2026-01-05T09:00Z
  let treasury = Treasury("Treasury")
  let east = Branch("East")
  east does open("甲-1")
  east does open("b-2")
  treasury does deposit("甲-1", 500 CNY)
  wait 1 day
  let order = east does ask("甲-1", "b-2", 100 CNY)
  east does pay(order)
  expect order.progress is Paid and Account["甲-1"].balance == 500 CNY

test "a payment that is too large is done"
  let east = Branch("East")
  east does open("a-1")
  let order = east does ask("a-1", "a-1", 1_000.01 CNY)
  east does pay(order)

test "a second account of one number is refused"
  let east = Branch("East")
  east does open("a-1")
  east cannot open("a-2") because DUPLICATE_KEY

test "the wrong reason"
  let east = Branch("East")
  east does open("a-1")
  let order = east does ask("a-1", "a-1", 1_000.01 CNY)
  east cannot pay(order) because INSUFFICIENT

test "time goes back"
  at 2026-01-05T09:00Z
  at 2026-01-04T09:00Z

test "a record that is not there"
  expect Account["nobody"].balance == 0 CNY

test "this one is well"
  expect 1 < 2
"""

DAY = """\
use Bank

at 2026-01-05T00:00Z
let treasury = Treasury("Treasury")
let east = Branch("East")

feed "accounts.csv" as row
  east does open(row.number)
  treasury does deposit(row.number, amount(row.money, CNY))

feed "orders.csv" as row at time(row.time)
  let order = east does ask(row.payer, row.payee, amount(row.money, CNY))
  if bool(row.is_paid)
    east does pay(order)

show count(o for o in Order where o.progress is Paid)
show sum(a.balance for a in Account)
wait 3 days
show count(o for o in Order where o.progress is Lapsed)
"""

ACCOUNTS = "number,money\na,500\nb,20.50\nc,0\n"

ORDERS = """\
payer,payee,money,time,is_paid
a,b,100,2026-01-06T10:00Z,1
b,c,1000,2026-01-06T09:00Z,1
a,c,5.25,2026-01-06T10:00Z,0
a,c,2000,2026-01-07T10:00Z,1
a,z,1,2026-01-07T10:00Z,1
"""


FILES = {
    "bank.contract": BANK,
    "bank.test.contract": BANK_TEST,
    "failing.test.contract": FAILING_TEST,
    "day.script": DAY,
    "accounts.csv": ACCOUNTS,
    "orders.csv": ORDERS,
}
