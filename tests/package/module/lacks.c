/* SPDX-License-Identifier: MIT */
/*
 * The scenario of lacks_driver.c.
 */
int lacks_open(void);

int main(void)
{
	return lacks_open();
}
