// SPDX-License-Identifier: GPL-2.0-only
/*
 * What an interrupt and a doorbell cost without any driver's work: the handler
 * rings back, in the interrupt itself. Bound by driver_override to a device of
 * its own; the peer at the other end has the number 1.
 */
#include <linux/interrupt.h>
#include <linux/module.h>
#include <linux/pci.h>

#define DOORBELL      0x0c
#define DOORBELL_PEER (1 << 16)

static irqreturn_t echo(int irq, void *registers)
{
	iowrite32(DOORBELL_PEER, (void __iomem __force *)registers + DOORBELL);
	return IRQ_HANDLED;
}

static int echo_probe(struct pci_dev *pdev, const struct pci_device_id *id)
{
	void __iomem *registers;
	int err = pcim_enable_device(pdev);

	if (!err)
		err = pcim_iomap_regions(pdev, BIT(0), "ecom-echo");
	if (err)
		return err;
	registers = pcim_iomap_table(pdev)[0];
	pci_set_master(pdev);
	err = pci_alloc_irq_vectors(pdev, 1, 1, PCI_IRQ_MSIX);
	if (err < 0)
		return err;
	return devm_request_irq(&pdev->dev, pci_irq_vector(pdev, 0), echo, 0, "ecom-echo",
				(void __force *)registers);
}

static const struct pci_device_id echo_ids[] = {
	{}
};

static struct pci_driver echo_driver = {
	.name = "ecom-echo",
	.id_table = echo_ids,
	.probe = echo_probe,
};
module_pci_driver(echo_driver);

MODULE_DESCRIPTION("Bare interrupt echo, the measure for the ecom driver");
MODULE_AUTHOR("The ecemail authors");
MODULE_LICENSE("GPL");
