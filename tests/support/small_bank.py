"""A small bank on a chain, which the tests of the ledger act on."""

BANK = """\
contract Bank version 1

role Institution, CentralBank

lifecycle Progress
  Held -> Freed
  Freed

record Account[number: Text]
  holder: Institution
  balance: Balance of CNY
  rate: Decimal = 0.5%
  last: Hold?

record Hold[id: Serial]
  account: Account
  amount: Amount of CNY
  dates: List of Date
  progress: Progress

event Opened(account: Account, holder: Institution)

action open(number: Text): Account
  by Institution as holder
  let account = create Account(number: number, holder: holder)
  emit Opened(account, holder)
  give account

action deposit(account: Account, amount: Amount of CNY)
  by CentralBank
  issue amount to account.balance

action pay(payer: Account, payee: Account, amount: Amount of CNY)
  by payer.holder
  require amount > 0 else NOTHING "a payment is more than nothing"
  move amount from payer.balance to payee.balance
  notify payee.holder that "{amount} for {payee.number}"

action put_by(account: Account, amount: Amount of CNY): Hold
  by account.holder and CentralBank
  let one = create Hold(account: account, amount: amount, dates: [today])
  account.last = one
  give one

when one: Hold has been Held for 2 days
  one.progress becomes Freed

invariant "nobody holds more than a million"
  for account in Account
  holds account.balance <= 1_000_000 CNY

invariant "holds stay below a thousand"
  for account in Account
  holds sum(h.amount for h in Hold where h.account == account and h.progress is Held) <= 1_000 CNY
"""

MEMBERS = "ann:Registrar bob:Registrar icbc:Institution boc:Institution pboc:CentralBank"
