// SPDX-License-Identifier: GPL-2.0-only
/*
 * Binding to the card and letting it go. Letting go has five phases, each of
 * which the next relies on:
 *
 *   1. doors shut: no new opens
 *   2. gone: waiters wake up, files answer ENODEV
 *   3. sources stopped: interrupts, the second's tick, deadlines
 *   4. the io_lock taken for writing: no access to DPRAM is under way or
 *      will be
 *   5. references dropped: slots whose files are open live on without a card
 */
#include <linux/cpumask.h>
#include <linux/idr.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/module.h>

#include "ecom.h"

static DEFINE_IDA(card_indices);

static void serve_vector(struct ecom_card *card, int vector)
{
	unsigned int i;

	if (vector == 0)
		ecom_card_check(card, false);
	for (i = 0; i < card->slot_count; i++) {
		struct ecom_slot *slot = card->slots[i];

		if (slot->vector != vector)
			continue;
		mutex_lock(&slot->mailbox_lock);
		ecom_mailbox_serve(slot);
		mutex_unlock(&slot->mailbox_lock);
	}
}

/*
 * All vectors of a card share the interrupt thread of the first: a thread each
 * would take as much memory as its slot, and a slot that rings all the time
 * could keep the others waiting. The thread serves each that has rung once,
 * then looks again.
 *
 * Here, in the interrupt itself, on PREEMPT_RT too, nothing else is done.
 */
static irqreturn_t ecom_irq(int irq, void *data)
{
	struct ecom_vector *vector = data;
	struct ecom_card *card = vector->card;

	set_bit(vector - card->vector, card->rung);
	/* a thread that is awake already clears its wake-up before it looks */
	smp_mb__after_atomic();
	if (vector == card->vector)
		return IRQ_WAKE_THREAD;
	irq_wake_thread(card->vector->irq, card->vector);
	return IRQ_HANDLED;
}

static irqreturn_t ecom_irq_thread(int irq, void *data)
{
	struct ecom_vector *first = data;
	struct ecom_card *card = first->card;
	int vector;

	down_read(&card->io_lock);
	/* cleared first: what comes while it is served is looked at again */
	for_each_set_bit(vector, card->rung, ARRAY_SIZE(card->vector))
		if (test_and_clear_bit(vector, card->rung) && card->present)
			serve_vector(card, vector);
	up_read(&card->io_lock);
	return IRQ_HANDLED;
}

/* The first one last: the others wake its thread. */
static void free_vectors(struct ecom_card *card)
{
	int vector;

	for (vector = card->vectors - 1; vector >= 0; vector--) {
		irq_update_affinity_hint(card->vector[vector].irq, NULL);
		free_irq(card->vector[vector].irq, &card->vector[vector]);
	}
	card->vectors = 0;
	pci_free_irq_vectors(card->pdev);
}

static int request_vector(struct ecom_card *card, int number)
{
	struct ecom_vector *vector = &card->vector[number];

	vector->card = card;
	vector->irq = pci_irq_vector(card->pdev, number);
	return request_threaded_irq(vector->irq, ecom_irq, number ? NULL : ecom_irq_thread,
				    IRQF_NO_THREAD, "ecom", vector);
}

/*
 * The other vectors go to the processor of the first, where its thread is too:
 * to wake it from another processor would take longer than what it does. The
 * first is where irqaffinity= and the kernel want it. Whoever moves it later
 * by /proc/irq may move the others as well; all of this only saves time.
 */
static void gather_vectors(struct ecom_card *card)
{
	const struct cpumask *first = irq_get_effective_affinity_mask(card->vector[0].irq);
	int vector;

	if (!first || cpumask_empty(first))
		return;
	for (vector = 1; vector < card->vectors; vector++)
		irq_set_affinity_and_hint(card->vector[vector].irq,
					  cpumask_of(cpumask_first(first)));
}

/*
 * One vector for card events and one a slot, or as many as there are. Without
 * any the card is polled.
 */
static int request_vectors(struct ecom_card *card)
{
	struct pci_dev *pdev = card->pdev;
	int n = pci_alloc_irq_vectors(pdev, 1, card->slot_count + 1, PCI_IRQ_MSIX);
	unsigned int i;
	int err;

	if (n < 0)
		dev_info(&pdev->dev, "no MSI-X (error %d): polling once a second\n", n);
	for (; card->vectors < n; card->vectors++) {
		err = request_vector(card, card->vectors);
		if (err)
			return dev_err_probe(&pdev->dev, err, "no interrupt for vector %d\n",
					     card->vectors);
	}
	if (card->vectors)
		gather_vectors(card);
	for (i = 0; card->vectors && i < card->slot_count; i++)
		card->slots[i]->vector = (i + 1) % card->vectors;
	return 0;
}

static int create_slots(struct ecom_card *card)
{
	unsigned int i;

	for (i = 0; i < card->id.slot_count; i++) {
		struct ecom_slot *slot = ecom_slot_create(card, i);

		if (IS_ERR(slot))
			return PTR_ERR(slot);
		card->slots[i] = slot;
		card->slot_count++;
	}
	return 0;
}

static int publish_slots(struct ecom_card *card)
{
	unsigned int i;
	int err;

	for (i = 0; i < card->slot_count; i++) {
		err = ecom_slot_publish(card->slots[i]);
		if (err)
			return err;
	}
	return 0;
}

/* The card may be touched from here on. */
static void wake(struct ecom_card *card)
{
	down_write(&card->io_lock);
	card->present = true;
	downgrade_write(&card->io_lock);
	ecom_card_check(card, true);
	up_read(&card->io_lock);
	schedule_delayed_work(&card->tick, HZ);
}

/* The card is not touched any more; its files and requests stay. */
static void quiesce(struct ecom_card *card)
{
	cancel_delayed_work_sync(&card->tick);
	down_write(&card->io_lock);
	if (card->present)
		ecom_card_stop(card);
	card->present = false;
	up_write(&card->io_lock);
}

/* Phases 1 to 5; also undoes a probe that came half the way. */
static void let_go(struct ecom_card *card)
{
	unsigned int i;

	for (i = 0; i < card->slot_count; i++)
		ecom_slot_unpublish(card->slots[i]);
	free_vectors(card);
	quiesce(card);
	ecom_dpram_unmap(card);
	for (i = 0; i < card->slot_count; i++)
		ecom_slot_stop(card->slots[i]);
	flush_work(&card->tell_work);
	ecom_netlink_remove(card);
	for (i = 0; i < card->slot_count; i++)
		put_device(&card->slots[i]->dev);
	ida_free(&card_indices, card->index);
	ecom_card_put(card);
}

static int bring_up(struct ecom_card *card)
{
	int err = ecom_dpram_map(card);

	if (err)
		return err;
	pci_set_master(card->pdev);
	pci_save_state(card->pdev);
	err = ecom_card_identify(card);
	if (err)
		return err;
	err = create_slots(card);
	if (err)
		return err;
	err = request_vectors(card);
	if (err)
		return err;
	ecom_netlink_add(card);
	wake(card);
	return publish_slots(card);
}

static int ecom_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	struct ecom_card *card = ecom_card_create(pdev);
	int err;

	if (!card)
		return -ENOMEM;
	card->index = ida_alloc_max(&card_indices, ECOM_CARDS_MAX - 1, GFP_KERNEL);
	if (card->index < 0) {
		err = card->index;
		ecom_card_put(card);
		return dev_err_probe(&pdev->dev, err, "no number for the card (at most %d)\n",
				     ECOM_CARDS_MAX);
	}
	pci_set_drvdata(pdev, card);
	err = bring_up(card);
	if (err)
		let_go(card);
	return err;
}

static void ecom_remove(struct pci_dev *pdev)
{
	let_go(pci_get_drvdata(pdev));
}

static void ecom_shutdown(struct pci_dev *pdev)
{
	quiesce(pci_get_drvdata(pdev));
}

static int ecom_suspend(struct device *dev)
{
	quiesce(dev_get_drvdata(dev));
	return 0;
}

static int ecom_resume(struct device *dev)
{
	/* restoring has used up what was saved; recovery needs it again */
	pci_save_state(to_pci_dev(dev));
	wake(dev_get_drvdata(dev));
	return 0;
}

static DEFINE_SIMPLE_DEV_PM_OPS(ecom_pm, ecom_suspend, ecom_resume);

static void ecom_reset_prepare(struct pci_dev *pdev)
{
	quiesce(pci_get_drvdata(pdev));
}

static void ecom_reset_done(struct pci_dev *pdev)
{
	pci_save_state(pdev);
	wake(pci_get_drvdata(pdev));
}

/*
 * Without a reset the card goes on as it is: where another function has no driver
 * the kernel gives up, and tells nobody that the card may be used again.
 */
static pci_ers_result_t ecom_error_detected(struct pci_dev *pdev, pci_channel_state_t state)
{
	if (state == pci_channel_io_normal)
		return PCI_ERS_RESULT_CAN_RECOVER;
	quiesce(pci_get_drvdata(pdev));
	return state == pci_channel_io_perm_failure ? PCI_ERS_RESULT_DISCONNECT :
						      PCI_ERS_RESULT_NEED_RESET;
}

static pci_ers_result_t ecom_slot_reset(struct pci_dev *pdev)
{
	pci_restore_state(pdev);
	pci_save_state(pdev);
	return PCI_ERS_RESULT_RECOVERED;
}

static const struct pci_error_handlers ecom_errors = {
	.error_detected = ecom_error_detected,
	.slot_reset = ecom_slot_reset,
	.resume = ecom_reset_done,
	.reset_prepare = ecom_reset_prepare,
	.reset_done = ecom_reset_done,
};

/*
 * Nothing is claimed by its id: no such card has one of its own yet. A card is
 * bound by driver_override or by new_id (Documentation/driver.rst), which takes
 * nothing where there is a table without entries.
 */
static struct pci_driver ecom_driver = {
	.name = "ecom",
	.id_table = NULL,
	.probe = ecom_probe,
	.remove = ecom_remove,
	.shutdown = ecom_shutdown,
	.err_handler = &ecom_errors,
	.dev_groups = ecom_card_groups,
	.driver.pm = pm_sleep_ptr(&ecom_pm),
};

static int __init ecom_init(void)
{
	int err;

	ecom_debugfs_init();
	err = ecom_slots_init();
	if (err)
		goto no_slots;
	err = ecom_netlink_init();
	if (err)
		goto no_netlink;
	err = pci_register_driver(&ecom_driver);
	if (err)
		goto no_driver;
	return 0;
no_driver:
	ecom_netlink_exit();
no_netlink:
	ecom_slots_exit();
no_slots:
	ecom_debugfs_exit();
	return err;
}

static void __exit ecom_exit(void)
{
	pci_unregister_driver(&ecom_driver);
	ecom_netlink_exit();
	ecom_slots_exit();
	ecom_debugfs_exit();
	ida_destroy(&card_indices);
}

module_init(ecom_init);
module_exit(ecom_exit);

MODULE_DESCRIPTION("ECOM mailboxes of a PLC backplane adapter card");
MODULE_AUTHOR("The ecemail authors");
MODULE_LICENSE("GPL");
MODULE_VERSION(ECOM_VERSION);
