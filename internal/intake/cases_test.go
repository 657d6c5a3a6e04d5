package intake_test

import (
	"fmt"
	"strings"

	"github.com/portin/portin/internal/intake"
)

var (
	sandbox = intake.Options{Fictional: true}
	ten     = intake.Options{Limits: intake.Limits{Numbers: 10, Bytes: 1 << 20}}
)

// formCases are the written forms of numbers.
var formCases = []fileCase{
	{name: "the forms of the conventions", text: "9198002000\n19198002001\n+19198002002\n(919) 800-2003\n919.800.2004\ntel:+1-919-800-2005\n919-800-2006\n1-919-800-2007\n+1 (919) 800 2008\n919 800 2009\n(919)8002010\n",
		want: []string{"9198002000 1:1", "9198002001 2:1", "9198002002 3:1", "9198002003 4:1", "9198002004 5:1", "9198002005 6:1", "9198002006 7:1", "9198002007 8:1", "9198002008 9:1", "9198002009 10:1", "9198002010 11:1"}},
	{name: "dashes and blanks of word processors", text: "919\u2011800\u20132000\n919\u00a0800\u00a02001\n\u202a9198002002\u202c\n\ufeff9198002003\n", want: []string{"9198002000 1:1", "9198002001 2:1", "9198002002 3:1", "9198002003 4:1"}},
	{name: "an apostrophe before it", text: "'9198002000\n'9198002001\n", want: []string{"9198002000 1:1", "9198002001 2:1"}},
	{name: "a typographic apostrophe", text: "\u20199198002000\n`9198002001\u00b4\n", want: []string{"9198002000 1:1", "9198002001 2:1"}},
	{name: "a formula", text: "=\"9198002000\"\n=\"9198002001\"\n", want: []string{"9198002000 1:1", "9198002001 2:1"}},
	{name: "a formula in a quoted cell", text: "did,name\n\"=\"\"9198002000\"\"\",A\n=\"9198002001\",B\n", want: []string{"9198002000 2:1", "9198002001 3:1"}},
	{name: "a formula without quotation", text: "=9198002000,=9198002001", want: []string{"9198002000 1:1", "9198002001 1:2"}},
	{name: "an empty formula, apostrophe and no-break space are blank", text: "9198002000\n=\"\"\n'\n\"\"\n\u00a0\n\xa0\n9198002001", want: []string{"9198002000 1:1", "9198002001 7:1"}},
	{name: "the fraction that a program added", text: "9198002000.0\n19198002001.00\n", want: []string{"9198002000 1:1", "9198002001 2:1"}},
	{name: "rounded by a spreadsheet", text: "9198002000\n9198002001\n9.198E+09\n9.198002e9\n9,198E+09\n", want: []string{"9198002000 1:1", "9198002001 2:1", "!9.198E+09 3:1 scientific_notation", "!9.198002e9 4:1 scientific_notation", "!9,198E+09 5:1 scientific_notation"}},
	{name: "all rounded by a spreadsheet", text: "9.198E+09\n9.198E+09\n", want: []string{"!9.198E+09 1:1 scientific_notation", "!9.198E+09 2:1 scientific_notation"}},
	{name: "all rounded by a spreadsheet with a decimal comma", text: "name;did\nA;9,198E+09\nB;9,19800E+9\n", want: []string{"!9,198E+09 2:2 scientific_notation", "!9,19800E+9 3:2 scientific_notation"}},
	{name: "extensions", text: "9198002000 x12\n919-800-2001 ext. 5\n9198002002#7\n9198002003\n", want: []string{"9198002003 4:1", "!9198002000 x12 1:1 has_extension", "!- 2:1 has_extension", "!9198002002#7 3:1 has_extension"}},
	{name: "eleven digits", text: "19198002000\n29198002000\n09198002000\n91980020001\n", want: []string{"9198002000 1:1", "!29198002000 2:1 not_a_number", "!09198002000 3:1 not_a_number", "!91980020001 4:1 not_a_number"}},
	{name: "too few digits, too many", text: "9198002000\n919555\n8002000\n1\n91980020001234567890\n", want: []string{"9198002000 1:1", "!919555 2:1 not_a_number", "!8002000 3:1 not_a_number", "!1 4:1 not_a_number", "!91980020001234567890 5:1 not_a_number"}},
	{name: "other countries", text: "+442071838750\n011442071838750\n9198002000\n", want: []string{"9198002000 3:1", "!+442071838750 1:1 outside_nanp", "!011442071838750 2:1 outside_nanp"}},
	{name: "codes that cannot be", text: "9118002000\n1198002000\n9191002000\n9198002000", want: []string{"9198002000 4:1", "!9118002000 1:1 invalid_area_code", "!1198002000 2:1 invalid_area_code", "!9191002000 3:1 invalid_exchange"}},
	{name: "codes that cannot be ported", text: "9002002000\n5002002000\n9195551212\n8222002000\n9195550100\n8442002000", want: []string{"8442002000 6:1", "!9002002000 1:1 premium", "!5002002000 2:1 non_geographic", "!9195551212 3:1 service_code", "!8222002000 4:1 toll_free_not_in_service", "!9195550100 5:1 fictional"}},
	{name: "fictional numbers in the sandbox", text: "9195550100-9195550102\n9195551212\n", options: sandbox, want: []string{"9195550100..0102 1:1", "!9195551212 2:1 service_code"}},
	{name: "letters", text: "9198002000\n1-800-FLOWERS\nask Jane\n919800200O\n", want: []string{"9198002000 1:1", "!- 2:1 not_a_number", "!- 3:1 not_a_number", "!- 4:1 not_a_number"}},
	{name: "nothing long is echoed", text: "9198002000\n" + strings.Repeat("1", 32) + "\n" + strings.Repeat("1", 33) + "\n" + strings.Repeat("9", 2000) + "\n", want: []string{"9198002000 1:1", "!" + strings.Repeat("1", 32) + " 2:1 not_a_number", "!- 3:1 not_a_number", "!- 4:1 too_long"}},

	{name: "a range", text: "9198002000-9198002099\n", want: []string{"9198002000..2099 1:1"}},
	{name: "ranges in their forms", text: "9198002000 - 9198002001\n(919) 800-2002-(919) 800-2003\n919-800-2004\u2013919-800-2005\n+19198002006 to +19198002007\n919 800 2008 thru 919 800 2009\n9198002010..9198002011\n1-919-800-2012 through 1-919-800-2013\n919.800.2014-919.800.2015\n",
		want: []string{"9198002000..2001 1:1", "9198002002..2003 2:1", "9198002004..2005 3:1", "9198002006..2007 4:1", "9198002008..2009 5:1", "9198002010..2011 6:1", "9198002012..2013 7:1", "9198002014..2015 8:1"}},
	{name: "a range of one", text: "9198002000-9198002000", want: []string{"9198002000 1:1"}},
	{name: "a whole exchange", text: "9198000000-9198009999", want: []string{"9198000000..9999 1:1"}},
	{name: "ranges on one line", text: "9198002000-9198002001,9198002005,9198002007 - 9198002009", want: []string{"9198002000..2001 1:1", "9198002005 1:2", "9198002007..2009 1:3"}},
	{name: "a range with a minus sign", text: "9198002000\u22129198002001\n", want: []string{"9198002000..2001 1:1"}},
	{name: "two numbers with blanks in them", text: "(919) 800-2000 (919) 800-2001\n919 800 2002 919 800 2003 919 800 2004\n", want: []string{"9198002000..2001 1:1", "9198002002..2004 2:1"}},
	{name: "a cell longer than any range", text: "did,name\n9198002000,A\n" + strings.Repeat("9", 200) + ",B\n" + strings.Repeat("9198002000-", 20) + ",C\n", want: []string{"9198002000 2:1", "!- 3:1 not_a_number", "!- 4:1 not_a_number"}},
	{name: "a range among numbers parted by blanks", text: "9198002000- 9198002003 9198002020 9198002030\n9198002040 -9198002041 9198002050\n", want: []string{"9198002000..2003 1:1", "9198002020 1:1", "9198002030 1:1", "9198002040..2041 2:1", "9198002050 2:1"}},
	{name: "half a range and a number in a cell", text: "did,name\n9198002000-2099 9198002100,A\n9198002101,B\n", want: []string{"9198002100 2:1", "9198002101 3:1", "!9198002000-2099 2:1 invalid_range"}},
	{name: "a range in words among numbers parted by blanks", text: "9198002000 to 9198002003 9198002020 9198002030 thru 9198002031\n", want: []string{"9198002000..2003 1:1", "9198002020 1:1", "9198002030..2031 1:1"}},
	{name: "a range in a column", text: "did,name\n9198002000-9198002003,A\n", want: []string{"9198002000..2003 2:1"}},
	{name: "ranges that are none", text: "9198002099-9198002000\n9198009990-9198010010\n9198002000-9208002000\n9198002000-2099\n9198002000-9198002001-9198002002\n9198002000-\n9198002000\n",
		want: []string{"9198002000 6:1", "!9198002099-9198002000 1:1 invalid_range", "!9198009990-9198010010 2:1 invalid_range", "!9198002000-9208002000 3:1 invalid_range", "!9198002000-2099 4:1 invalid_range", "!9198002000-9198002001-9198002002 5:1 invalid_range", "!9198002000 7:1 duplicate"}},
	{name: "a range of a number with an extension", text: "9198002000\n9198002001 x1-9198002002\n9198002003-9198002004 x5\n9118002000-9118002001\n", want: []string{"9198002000 1:1", "!9198002001 x1-9198002002 2:1 has_extension", "!9198002003-9198002004 x5 3:1 has_extension", "!9118002000-9118002001 4:1 invalid_area_code"}},
	{name: "a number and a dash before what is no number", text: "9198002000-Jane\n9118002000-2099\n9198002001-(x)\n9198002002\n", want: []string{"9198002002 4:1", "!- 1:1 not_a_number", "!9118002000-2099 2:1 not_a_number", "!9198002001-(x) 3:1 not_a_number"}},
	{name: "a range with numbers that cannot be ported", text: "9195550098-9195550101", want: []string{"!9195550098 1:1 service_code", "!9195550099 1:1 service_code", "!9195550100 1:1 fictional", "!9195550101 1:1 fictional"}},

	{name: "duplicates", text: "9198002000\n(919) 800-2000\n9198002001\n+19198002000,9198002001\n", want: []string{"9198002000 1:1", "9198002001 3:1", "!9198002000 2:1 duplicate", "!9198002000 4:1 duplicate", "!9198002001 4:2 duplicate"}},
	{name: "duplicates of a range", text: "9198002000-9198002002\n9198002001\n9198002002-9198002003\n", want: []string{"9198002000..2002 1:1", "9198002003 3:1", "!9198002001 2:1 duplicate", "!9198002002 3:1 duplicate"}},
	{name: "a refused number twice is refused twice", text: "9195551212\n9195551212\n9198002000", want: []string{"9198002000 3:1", "!9195551212 1:1 service_code", "!9195551212 2:1 service_code"}},

	{name: "several numbers in a cell", text: "did,name\n\"9198002000, 9198002001\",A\n9198002002;9198002003,B\n9198002004 9198002005,C\n", want: []string{"9198002000..2001 2:1", "9198002002..2003 3:1", "9198002004..2005 4:1"}},
	{name: "several numbers in a cell, and one that is none", text: "did,name\n9198002000 919555 9198002001,A\n9198002002,B\n", want: []string{"9198002000..2001 2:1", "9198002002 3:1", "!919555 2:1 not_a_number"}},
	{name: "a number in a cell and what does not belong to it", text: "did,name\n9198002000 919555,A\n9198002001 Jane,B\n9198002002 - 9198002003 - 9198002004,C\n9198002005,D\n", want: []string{"9198002005 5:1", "!9198002000 919555 2:1 not_a_number", "!- 3:1 not_a_number", "!- 4:1 invalid_range"}},
	{name: "more numbers in a cell than the limit", text: "did,name\n\"9198002000,9198002001,9198002002,9198002003,9198002004,9198002005,9198002006,9198002007,9198002008,9198002009,9198002010\",A\n", options: ten, want: []string{"invalid too_many_numbers"}},
	{name: "several lines in a cell", text: "did,name\n\"9198002000\n9198002001\n\n919555\",A\n9198002002,B\n", want: []string{"9198002000..2001 2:1", "9198002002 6:1", "!919555 2:1 not_a_number"}},
}

var quoteCases = []fileCase{
	{name: "every cell quoted", text: "\"9198002000\",\"9198002001\"\n\"9198002002\"\n", want: []string{"9198002000 1:1", "9198002001 1:2", "9198002002 2:1"}},
	{name: "blanks around quoted cells", text: " \"9198002000\" ,\t\"9198002001\"\t\n", want: []string{"9198002000 1:1", "9198002001 1:2"}},
	{name: "delimiters in a quoted cell", text: "name,did\n\"Acme, Inc., 9198009999\",9198002000\n\"a;b|c\",9198002001\n", want: []string{"9198002000 2:2", "9198002001 3:2"}},
	{name: "doubled quotation marks", text: "name,did\n\"Acme \"\"Best\"\", Inc.\",9198002000\n\"\"\"\",9198002001\n\"\",9198002002\n", want: []string{"9198002000 2:2", "9198002001 3:2", "9198002002 4:2"}},
	{name: "line breaks in a quoted cell", text: "name,did\n\"1 Main St\nRaleigh\r\nNC\rUSA\",9198002000\nB,9198002001\nC,919555\n", want: []string{"9198002000 5:2", "9198002001 6:2", "!919555 7:2 not_a_number"}},
	{name: "the number behind a line break stands where its cell begins", text: "did,note\n\"\n\n919555\",A\n", want: []string{"!919555 2:1 not_a_number"}},
	{name: "a quoted header", text: "\"Customer\"\t\"Phone number\"\r\n\"Acme\"\t\"9198002000\"\r\n", want: []string{"9198002000 2:2"}},
	{name: "a mark within a cell is an ordinary sign", text: "name,did\n5\" pipe,9198002000\nA,9198002001\n", want: []string{"9198002000 2:2", "9198002001 3:2"}},
	{name: "a delimiter in a quoted cell behind a blank", text: "name,did\nA \"x, y\",919\n \"Acme, Inc.\" ,9198002000\n", want: []string{"9198002000 3:2", "!- 2:2 not_a_number"}},
	{name: "a long quoted cell", text: "did,note\n\"" + strings.Repeat("9", 2000) + "\",A\n9198002000,\"" + strings.Repeat("a", 2000) + "\"\n", want: []string{"9198002000 3:1", "!- 2:1 too_long"}},
	{name: "not closed in a list", text: "9198002000\n\"9198002001\n9198002002\n", want: []string{"9198002000 1:1", "9198002002 3:1", "!\"9198002001 2:1 bad_quotes"}},
	{name: "not closed in the last line", text: "9198002000\n\"9198002001", want: []string{"9198002000 1:1", "!\"9198002001 2:1 bad_quotes"}},
	{name: "not closed before the number", text: "name,did\n\"Acme,9198002000\nB,9198002001\nC,9198002002\n", want: []string{"9198002001 3:2", "9198002002 4:2", "!- 2:1 bad_quotes"}},
	{name: "not closed before two numbers", text: "name,did_1,did_2\n\"Acme,9198002000,9198002001\nB,9198002002,9198002003\n", want: []string{"9198002002 3:2", "9198002003 3:3", "!- 2:1 bad_quotes"}},
	{name: "not closed behind the number", text: "did,name\n9198002000,\"Acme\n9198002001,B\n", want: []string{"9198002000 2:1", "9198002001 3:1"}},
	{name: "not closed, and no number", text: "name,did\n\"Acme\nB,9198002001\nC,9198002002\n", want: []string{"9198002001 3:2", "9198002002 4:2", "!- 2:1 bad_quotes"}},
	{name: "signs behind the closing mark", text: "did,name\n\"9198002000\"x,A\n9198002001,B\n", want: []string{"9198002001 3:1", "!- 2:1 bad_quotes"}},
	{name: "not closed in a row swallows no more than its line", text: "name,did\nA,9198002000\n\"B,9198002001\n" + strings.Repeat("C,919\n", 3) + "D,9198002002\n", want: []string{"9198002000 2:2", "9198002002 7:2", "!- 3:1 bad_quotes", "!919 4:2 not_a_number", "!919 5:2 not_a_number", "!919 6:2 not_a_number"}},
	{name: "a quoted cell of 64 KiB", text: "did,note\n9198002000,\"" + strings.Repeat("a", 64<<10-1) + "\"\n9198002001,B\n", want: []string{"9198002000 2:1", "9198002001 3:1"}},
	{name: "closed too far away", text: "did,note\n9198002000,A\n9198002001,\"" + strings.Repeat("a\n", 40<<10) + "\"\n", options: intake.Options{Limits: intake.Limits{Numbers: 10, Bytes: 1 << 20}}, want: []string{"invalid too_many_numbers"}},
}

// headerCases are tables whose header names the column.
var headerCases = []fileCase{
	{name: "header alone", text: "did\n"},
	{name: "header of several alone", text: "name,did\r\n"},
	{name: "header that says nothing about numbers alone", text: "name,address\n", want: []string{"invalid no_number_column"}},
	{name: "did beside account numbers", text: "account,did\n9198009999,9198002000\n9198009998,9198002001\n", want: []string{"9198002000 2:2", "9198002001 3:2"}},
	{name: "did beside billing numbers", text: "BTN,DID,Contact Phone\n9198009999,9198002000,9198007777\n9198009999,9198002001,9198007777\n", want: []string{"9198002000 2:2", "9198002001 3:2"}},
	{name: "number beside account number", text: "Account Number;Number;Zip\n9198009999;9198002000;27601\n9198009998;919555;27601\n", want: []string{"9198002000 2:2", "!919555 3:2 not_a_number"}},
	{name: "phone and did", text: "phone,did\n9198009999,9198002000\n9198009999,9198002001\n", want: []string{"9198002000 2:2", "9198002001 3:2"}},
	{name: "a row without a number", text: "name,did\nA,9198002000\nB,\nC\nD,9198002001\n", want: []string{"9198002000 2:2", "9198002001 5:2", "!- 3:2 not_a_number", "!- 4:2 not_a_number"}},
	{name: "every number bad", text: "did,name\n919,A\n800,B\n", want: []string{"!919 2:1 not_a_number", "!800 3:1 not_a_number"}},
	{name: "other cells are not echoed", text: "did,pin\n919,1234\n5551212,5678\n9198002000,9012\n", want: []string{"9198002000 4:1", "!919 2:1 not_a_number", "!5551212 3:1 not_a_number"}},
	{name: "names in a number column are not echoed", text: "did,name\nJane Roe,Acme\n9198002000,B\n", want: []string{"9198002000 3:1", "!- 2:1 not_a_number"}},
	{name: "a title and blank lines above", text: "Numbers to port;\n\nname;did\nA;9198002000\n", want: []string{"9198002000 4:2"}},
	{name: "the header again between joined files", text: "name,did\nA,9198002000\nname,did\nB,9198002001\n", want: []string{"9198002000 2:2", "9198002001 4:2"}},
	{name: "did_1 and did_2", text: "name,did_1,did_2\nA,9198002000,9198002001\nB,9198002002,\n", want: []string{"9198002000 2:2", "9198002001 2:3", "9198002002 3:2"}},
	{name: "a header of one column", text: "Numbers\n9198002000\n9198002001\n", want: []string{"9198002000 2:1", "9198002001 3:1"}},
	{name: "more cells than the header has", text: "did\n9198002000,x\n9198002001,y\n", want: []string{"9198002000 2:1", "9198002001 3:1"}},
	{name: "rows of other widths", text: "did,name\n9198002000\n9198002001,A,B,C\n", want: []string{"9198002000 2:1", "9198002001 3:1"}},
	{name: "an empty column of the better name", text: "did,phone\n,9198002000\n,9198002001\n", want: []string{"9198002000 2:2", "9198002001 3:2"}},
	{name: "a title in one cell", text: "Our phone list\n9198002000\n9198002001\n", want: []string{"9198002000 2:1", "9198002001 3:1"}},
	{name: "two columns of the same meaning: the first", text: "phone,telephone\n9198002000,9198002001\n9198002002,9198002003\n", want: []string{"9198002000 2:1", "9198002002 3:1"}},
	{name: "blank lines above a header with nothing of numbers", text: "\n,\nname,value\nA,9198002000\nB,9198002001\n", want: []string{"9198002000 4:2", "9198002001 5:2"}},
	{name: "a header that lies", text: "did,value\nA,9198002000\nB,9198002001\nC,9198002002\n", want: []string{"9198002000 2:2", "9198002001 3:2", "9198002002 4:2"}},
	{name: "a header with nothing of numbers", text: "name,value,zip\nA,9198002000,27601\nB,9198002001,27601\n", want: []string{"9198002000 2:2", "9198002001 3:2"}},
	{name: "two columns of numbers that no header tells apart", text: "name,a,b\nA,9198002000,9198002001\nB,9198002002,9198002003\n", want: []string{"invalid no_number_column"}},
	{name: "two columns of numbers that are named as others", text: "btn,fax\n9198002000,9198002001\n9198002002,9198002003\n", want: []string{"invalid no_number_column"}},
	{name: "a header of long names", text: strings.Repeat("name ", 20) + ",did\nA,9198002000\n", want: []string{"9198002000 2:2"}},
	{name: "billing numbers beside an unnamed column", text: "name,btn,x\nA,9198009999,9198002001\nB,9198009999,9198002003\n", want: []string{"9198002001 2:3", "9198002003 3:3"}},
	{name: "the rejected numbers of an upload, mended", text: "did,line,column,index,code,message,fix,order_id\n9198002000,12,1,,not_a_number,6 digits; a number has 10,\"Write area code, exchange and line: 9198002000.\",\n'+19198002001,13,1,,outside_nanp,\"It has a country code other than 1.\",Port only North American numbers.,\n",
		want: []string{"9198002000 2:1", "9198002001 3:1"}},
	{name: "the rejected numbers of an upload, not mended", text: "did,line,column,index,code,message,fix,order_id\n919555,12,1,,not_a_number,6 digits; a number has 10,\"Write area code, exchange and line: 9198002000.\",\n'+442071838750,13,1,,outside_nanp,x,x,\n'-919,14,1,,not_a_number,x,x,\n'=919,15,1,,not_a_number,x,x,9198009999\n",
		want: []string{"!919555 2:1 not_a_number", "!+442071838750 3:1 outside_nanp", "!-919 4:1 not_a_number", "!=919 5:1 not_a_number"}},
}

// headerNames are what people call the column; each is tried beside a column
// of account numbers that look like telephone numbers.
var headerNames = []string{
	"did", "DID", "DIDs", "did_number", "TN", "tns", "Phone", "phone number", "Phone #", "PHONE_NUMBER", "phoneNumber", "PhoneNumber", "Phone-No.", "Telephone", "Telephone Number",
	"Telefon", "Telefonnummer", "Rufnummer", "Téléphone", "Teléfono", "Número de teléfono", "Number", "numbers", "Number to port", "Ported Number", "WTN", "MDN", "msisdn", "E.164", "TFN", "Toll-Free Number", "Tel.", " did ", "'did", "phone(s)",
}

// contentCases are tables and lists whose header says nothing, or that have
// none.
var contentCases = []fileCase{
	{name: "no header", text: "Acme,9198002000,27601\nBest,9198002001,27601\nCorp,919555,27601\n", want: []string{"9198002000 1:2", "9198002001 2:2", "!919555 3:2 not_a_number"}},
	{name: "no header, one row", text: "Acme,9198002000,27601", want: []string{"9198002000 1:2"}},
	{name: "no header, several columns of numbers and nothing else", text: "9198002000,9198002001\n9198002002,9198002003\n", want: []string{"9198002000 1:1", "9198002001 1:2", "9198002002 2:1", "9198002003 2:2"}},
	{name: "no header, several columns of numbers beside names", text: "A,9198002000,9198002001\nB,9198002002,9198002003\nC,9198002004,9198002005\n", want: []string{"invalid no_number_column"}},
	{name: "no header, serial numbers beside", text: "1;9198002000\n2;9198002001\n3;9198002002\n4;9198002003\n", want: []string{"9198002000 1:2", "9198002001 2:2", "9198002002 3:2", "9198002003 4:2"}},
	{name: "a table without numbers", text: "name,city\nA,Raleigh\nB,Durham\n", want: []string{"invalid no_number_column"}},
	{name: "prose", text: "Dear all,\nplease port our numbers, thank you.\n", want: []string{"invalid no_number_column"}},
	{name: "one word a line", text: "alpha\nbeta\n", want: []string{"!- 1:1 not_a_number", "!- 2:1 not_a_number"}},
	{name: "a bad first line in a list", text: "919\n9198002000\n9198002001\n", want: []string{"9198002000 2:1", "9198002001 3:1", "!919 1:1 not_a_number"}},
	{name: "ISO dates beside", text: "2026-01-02,9198002000\n2026-01-03,9198002001\n2026-01-04,9198002002\n", want: []string{"9198002000 1:2", "9198002001 2:2", "9198002002 3:2"}},
	{name: "account numbers half of which look like telephone numbers", text: halves("%s,%s\n"), want: []string{"invalid no_number_column"}},
	{name: "account numbers half of which look like telephone numbers, with a header", text: "Acct No,TN\n" + halves("%s,%s\n"), want: halved},
	{name: "one line with one good number", text: "9198002000,919555,9118002000", want: []string{"9198002000 1:1", "!919555 1:2 not_a_number", "!9118002000 1:3 invalid_area_code"}},
	{name: "one line with one good number and one that is too short", text: "919555;9198002000", want: []string{"9198002000 1:2", "!919555 1:1 not_a_number"}},
	{name: "one line with one good number and one that cannot be", text: "9198002000,9118002000", want: []string{"9198002000 1:1", "!9118002000 1:2 invalid_area_code"}},
	{name: "digits and nothing else", text: "919,800\n555,666\n", want: []string{"!919 1:1 not_a_number", "!800 1:2 not_a_number", "!555 2:1 not_a_number", "!666 2:2 not_a_number"}},
	{name: "digits on one line", text: "919,800,919555", want: []string{"!919 1:1 not_a_number", "!800 1:2 not_a_number", "!919555 1:3 not_a_number"}},
	{name: "a column of numbers that cannot be", text: "A,1192002000\nB,1192002001\nC,9191112000\n", want: []string{"!1192002000 1:2 invalid_area_code", "!1192002001 2:2 invalid_area_code", "!9191112000 3:2 invalid_exchange"}},
	{name: "a delimiter at the end of each line", text: "9198002000,\n9198002001,\n919555,\n", want: []string{"9198002000 1:1", "9198002001 2:1", "!919555 3:1 not_a_number"}},
	{name: "account numbers of ten digits beside", text: "0012345678,9198002000,A\n1234567890,9198002001,B\n0098765432,9198002002,C\n", want: []string{"9198002000 1:2", "9198002001 2:2", "9198002002 3:2"}},
	{name: "a sentence around one number", text: "Please port 9198002000", want: []string{"9198002000 1:3"}},
	{name: "JSON by mistake", text: "{\"name\": \"A\"}", want: []string{"!- 1:1 not_a_number"}},
}

var refusalCases = []fileCase{
	{name: "as many numbers as the limit", text: lines(10), options: ten, want: tenLines},
	{name: "one number too many", text: lines(11), options: ten, want: []string{"invalid too_many_numbers"}},
	{name: "rejected ones count", text: lines(9) + "919\n800\n", options: ten, want: []string{"invalid too_many_numbers"}},
	{name: "duplicates count", text: lines(10) + "2122202000\n", options: ten, want: []string{"invalid too_many_numbers"}},
	{name: "as many as the limit in a range", text: "9198002000-9198002009", options: ten, want: []string{"9198002000..2009 1:1"}},
	{name: "a range that is too large", text: "9198002000-9198002010", options: ten, want: []string{"invalid too_many_numbers"}},
	{name: "default limit of numbers", text: "9198000000-9198009999\n" + strings.Repeat("919\n", 90_001), want: []string{"invalid too_many_numbers"}},
	{name: "as many bytes as the limit", text: "9198002000\n", options: intake.Options{Limits: intake.Limits{Bytes: 11}}, want: []string{"9198002000 1:1"}},
	{name: "a byte too many", text: "9198002000\n\n", options: intake.Options{Limits: intake.Limits{Bytes: 11}}, want: []string{"too_large body_too_large"}},
	{name: "a byte too many beyond the sample", text: lines(20_000), options: intake.Options{Limits: intake.Limits{Bytes: 11*20_000 - 1}}, want: []string{"too_large body_too_large"}},
	{name: "bytes count before decoding", text: encoded(utf16le, "9198002000\n"), options: intake.Options{Limits: intake.Limits{Bytes: 23}}, want: []string{"too_large body_too_large"}},
	{name: "a long cell that is no number's", text: "did,note\n9198002000," + strings.Repeat("a", 200_000) + "\n9198002001,B\n", want: []string{"9198002000 2:1", "9198002001 3:1"}},
	{name: "a long cell in the number's column", text: "did,note\n9198002000,A\n" + strings.Repeat("9", 200_000) + ",B\n", want: []string{"9198002000 2:1", "!- 3:1 too_long"}},
}

var tenLines = func() []string {
	out := make([]string, 10)
	for i := range out {
		out[i] = numberAt(i).String() + " " + place(intake.Place{Line: i + 1, Column: 1})
	}
	return out
}()

// halves writes twenty rows of an account number and a telephone number. Every
// second account number could be one.
func halves(format string) string {
	var b strings.Builder
	for i := range 20 {
		fmt.Fprintf(&b, format, []string{"0112345678", "9192345678"}[i%2], numberAt(i))
	}
	return b.String()
}

var halved = func() []string {
	var out []string
	for i := range 20 {
		out = append(out, numberAt(i).String()+" "+place(intake.Place{Line: i + 2, Column: 2}))
	}
	return out
}()
