# What `R CMD check` runs. Against the double of Robyn too: whichever Robyn the libraries hold first.
library(testthat)
library(mmmrobyn)

test_check("mmmrobyn")
