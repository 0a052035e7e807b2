using FsCheck;
using FsCheck.Fluent;
using PatchContainers.Stores.Registry;
using Xunit;

namespace PatchContainers.Core.Tests.Stores;

public sealed class AuthenticationChallengeTests
{
    public static TheoryData<string, string?, string, string> Challenges => new()
    {
        { """Bearer realm="https://auth.docker.io/token",service="registry.docker.io",scope="repository:library/nginx:pull" """,
            "https://auth.docker.io/token", "registry.docker.io", "repository:library/nginx:pull" },
        { """bearer realm="https://a.example/t", service="a b", scope="repository:x:pull,push repository:y:pull" """,
            "https://a.example/t", "a b", "repository:x:pull,push repository:y:pull" },
        { "Bearer realm=https://a.example/t,service=a", "https://a.example/t", "a", "" },
        { """Bearer service="say \"hi\", twice",realm="https://a.example/t?x=1&y=2" """, "https://a.example/t?x=1&y=2",
            "say \"hi\", twice", "" },
        { """Bearer realm="https://a.example/t",error="invalid_token",service="s" """, "https://a.example/t", "s", "" },
        { """Bearer realm="/token",service="s" """, null, "", "" },
        { "Bearer", null, "", "" },
        { "Bearer realm=\"https://a.example/t", null, "", "" },
        { "Negotiate", null, "", "" },
    };

    [Theory]
    [MemberData(nameof(Challenges))]
    public void A_bearer_challenge_is_read_in_all_its_spellings(string header, string? realm, string service, string scopes)
    {
        using var response = new HttpResponseMessage();
        Assert.True(response.Headers.TryAddWithoutValidation("WWW-Authenticate", header));
        var challenge = AuthenticationChallenge.Read(response.Headers);
        Assert.Equal(realm, challenge?.Realm?.AbsoluteUri);
        Assert.Equal((service, scopes), (challenge?.Service ?? string.Empty, string.Join(' ', challenge?.Scopes ?? [])));
    }

    [Fact]
    public void No_challenge_whatever_stops_the_reader() =>
        Check.One(FsCheck.Config.QuickThrowOnFailure.WithMaxTest(500),
            Prop.ForAll<string>(text => AuthenticationChallenge.Parameters(text ?? string.Empty) is not null));

    [Fact]
    public void Bearer_goes_before_basic()
    {
        using var response = new HttpResponseMessage();
        response.Headers.TryAddWithoutValidation("WWW-Authenticate", ["Basic realm=\"x\"", "Bearer realm=\"https://a.example/t\""]);
        Assert.True(AuthenticationChallenge.Read(response.Headers)!.IsBearer);
    }
}
