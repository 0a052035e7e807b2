using System.Text;
using PatchContainers.Scanning;
using PatchContainers.Scanning.Clair;
using PatchContainers.Scanning.Reports;
using Xunit;

namespace PatchContainers.Core.Tests.Scanning.Clair;

public sealed class ClairNotificationPageTests
{
    private const string Manifest = "sha256:35c102085707f703de2d9eaad8752d6fe1b8f02b5d2149f1d8357c9cc7fb7d0a";

    [Fact]
    public void The_page_of_Clairs_own_documentation_is_read()
    {
        var text = File.ReadAllText(Conformance.Path("clair", "openapi", "examples", "notification_page.json"));
        var page = Read(text, ClairNotificationPage.Read);
        Assert.Equal("1b4d0db2-e757-4150-bbbb-543658144205", page.Next);
        var only = Assert.Single(page.Notifications);
        Assert.Equal(("5e4b387e-88d3-4364-86fd-063447a6fad2", Manifest, "added"), (only.Id, only.AffectedDigest, only.Reason));
        var finding = only.Finding;
        Assert.Equal(("CVE-2009-5155", "v0.0.1", Severity.Unknown, "libapt-pkg5.0", "1.6.11", "apt", "deb"),
            (finding.Id, finding.FixedVersion, finding.Severity, finding.Package, finding.Version, finding.SourcePackage, finding.Type));
    }

    [Fact]
    public void The_last_page_names_no_next_and_a_queue_has_a_list()
    {
        var page = Read("""{"page":{"size":0},"notifications":null}""", ClairNotificationPage.Read);
        Assert.Equal((string.Empty, 0), (page.Next, page.Notifications.Count));

        // As the source of the notifier writes it: the severity is in "severity", and the package has no version.
        var list = Read($$"""[{"id":"a","manifest":"{{Manifest}}","reason":"changed","vulnerability":{"name":"CVE-2024-1","severity":"High","package":{"id":"","name":"zlib","version":""},"fixed_in_version":"","links":""} }]""",
            ClairNotificationPage.Read);
        var only = Assert.Single(list.Notifications);
        Assert.Equal(("changed", Severity.High, "zlib", string.Empty, FixState.Unknown),
            (only.Reason, only.Finding.Severity, only.Finding.Package, only.Finding.Version, only.Finding.FixState));
    }

    [Fact]
    public void A_webhook_says_where_the_notifications_are()
    {
        var webhook = Read("""{"notification_id":"269886f3","callback":"http://clair-notifier/notifier/api/v1/notification/269886f3"}""", ClairWebhook.Read);
        Assert.Equal(("269886f3", "http://clair-notifier/notifier/api/v1/notification/269886f3"), (webhook.NotificationId, webhook.Callback.ToString()));
    }

    [Theory]
    [InlineData("""{"notifications":[]}""")]
    [InlineData("""{"page":{"size":1}}""")]
    [InlineData("""{"page":{"size":1},"notifications":[{"id":"a","manifest":"latest"}]}""")]
    [InlineData("""{"page":{"size":1},"notifications":[{"id":"a","manifest":"sha256:35c102085707f703de2d9eaad8752d6fe1b8f02b5d2149f1d8357c9cc7fb7d0a"}]}""")]
    [InlineData("""{"page":{"size":1},"notifications":{}}""")]
    public void What_is_no_page_is_refused(string text) =>
        Assert.Equal(PatchErrorCode.InvalidData, Assert.Throws<PatchException>(() => Read(text, ClairNotificationPage.Read)).Code);

    [Theory]
    [InlineData("""{"notification_id":"a"}""")]
    [InlineData("""{"notification_id":"","callback":"https://a/"}""")]
    [InlineData("""{"notification_id":"a","callback":"file:///etc/passwd"}""")]
    [InlineData("[]")]
    public void What_is_no_webhook_is_refused(string text) =>
        Assert.Equal(PatchErrorCode.InvalidData, Assert.Throws<PatchException>(() => Read(text, ClairWebhook.Read)).Code);

    private static T Read<T>(string text, Func<JsonCursor, T> read)
    {
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(text));
        using var cursor = new JsonCursor(stream, "notification", TestContext.Current.CancellationToken);
        return read(cursor);
    }
}
